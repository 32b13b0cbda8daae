# The portal for production: web and worker from one image, without root, with a read-only file system if one likes:
#   docker run --read-only --tmpfs /tmp --env-file portal.env -p 8000:8000 personalstatistik
#   docker run --read-only --tmpfs /tmp --env-file portal.env personalstatistik python manage.py procrastinate worker
#   docker run --rm --env-file portal.env personalstatistik python manage.py migrate      (before a new version serves)
#   docker build --target tools -t personalstatistik-tools .      (the same with PostgreSQL's programs: backup and restore)
# compose.yaml runs them all. Variables: .env.example. The database is not in the image: DATABASE_URL names it.

FROM python:3.11-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /srv/venv
COPY requirements/base.txt /tmp/base.txt
RUN /srv/venv/bin/python -m pip install --no-deps --require-hashes --only-binary :all: -r /tmp/base.txt
COPY manage.py /srv/portal/
COPY config /srv/portal/config
COPY accounts /srv/portal/accounts
COPY profiles /srv/portal/profiles
COPY messaging /srv/portal/messaging
COPY submissions /srv/portal/submissions
COPY deferrals /srv/portal/deferrals
COPY templates /srv/portal/templates
COPY static /srv/portal/static
COPY docs /srv/portal/docs
WORKDIR /srv/portal
# The keys of this line are of no worth: collectstatic reads the settings and seals nothing.
RUN rm -rf config/local && \
    PORTAL_ENV=production STATIC_ROOT=/srv/static SECRET_KEY=none HMAC_KEY=LS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0= \
    RECEIPT_KEY=LS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0= \
    FIELD_KEYS='{"1": "LS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0="}' DATABASE_URL=postgresql://none/none \
    /srv/venv/bin/python manage.py collectstatic --no-input --verbosity 0 && \
    /srv/venv/bin/python -m compileall -q /srv/portal

FROM python:3.11-slim-trixie AS base
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin portal
COPY --from=build /srv /srv
WORKDIR /srv/portal
ENV PATH=/srv/venv/bin:$PATH PORTAL_ENV=production STATIC_ROOT=/srv/static BIND=0.0.0.0:8000 \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
USER 10001

FROM base AS tools
USER 0
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
USER 10001

FROM base AS portal
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-m", "config.probe"]
CMD ["gunicorn", "-c", "config/gunicorn.conf.py"]
