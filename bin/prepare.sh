# Read by bin/run, bin/test and bin/lint (". bin/prepare.sh"): Python, packages of the system, the virtual environment.
# Exit status 3: the machine lacks something; the sentence says what.

lacks() {
    printf '%s\n' "$@" >&2
    exit 3
}

# need_apt PACKAGE…: install what is missing, as root or with sudo without a password; else say the line to run.
need_apt() {
    command -v dpkg-query >/dev/null 2>&1 || return 0
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root='sudo -n'; else
        lacks "Paket saknas. Kör först:  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
    fi
    echo "Installerar$missing …"
    # shellcheck disable=SC2086
    { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $missing
    } >var/apt.log 2>&1 || lacks "Det gick inte att installera$missing. Se var/apt.log."
}

checksum() {
    { "$python" -V && cat "requirements/$1.txt"; } | sha256sum | cut -d' ' -f1
}

is_current() {
    [ -x .venv/bin/python ] && [ "$(cat ".venv/stamp-$1" 2>/dev/null)" = "$(checksum "$1")" ]
}

# The certificates of the system: Debian's pip reads only PIP_CERT, and a bundle that does not exist stops it.
trust_certificates() {
    for name in PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
        eval "file=\${$name:-}"
        [ -z "$file" ] || [ -e "$file" ] || lacks "$name pekar på $file, som inte finns. Rätta eller ta bort variabeln."
    done
    if [ -z "${PIP_CERT:-}" ] && [ -n "${SSL_CERT_FILE:-}" ]; then
        PIP_CERT=$SSL_CERT_FILE
        export PIP_CERT
    fi
}

# The lock files are complete, so pip resolves nothing (--no-deps): every package and hash stands in them.
pip_install() {
    trust_certificates
    set -- -r "requirements/$1.txt"
    [ -z "${WHEELHOUSE:-}" ] || set -- --no-index --find-links "$WHEELHOUSE" "$@"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --only-binary :all: "$@" ||
        lacks "Paketen i requirements gick inte att installera (se ovan)."
}

# need_environment local|dev: .venv with the packages of that lock file; made anew when the lock has changed.
need_environment() {
    is_current dev && return 0
    [ "$1" = local ] && is_current local && return 0
    echo "Förbereder miljön i .venv (första gången någon minut) …"
    if ! is_current local; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null || need_apt python3-venv
        rm -rf .venv
        "$python" -m venv .venv || lacks "Den virtuella miljön gick inte att skapa. Paketet python3-venv behövs."
    fi
    pip_install "$1"
    checksum "$1" >".venv/stamp-$1"
}

LC_ALL=C.UTF-8
export LC_ALL
umask 022
mkdir -p var
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || lacks "Python 3.11 eller nyare behövs (Debian: apt-get install python3)."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || lacks "Python 3.11 eller nyare behövs; $("$python" -V) är för gammal."
