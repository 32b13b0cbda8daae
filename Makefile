# Names for the commands under bin/, nothing more.
.PHONY: run test lint lock
run test lint lock:
	@bin/$@
