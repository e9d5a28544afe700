#!/bin/sh
# Runs mosquitto, and makes it reload its accounts after each export.
# usage: mosquitto-run.sh CONFIGURATION ACCESS_DIRECTORY [SECONDS]
set -eu

configuration=$1
generation=$2/generation
pause=${3:-5}

mosquitto -c "$configuration" &
broker=$!
trap 'kill -TERM "$broker"' TERM INT

seen=$(cat "$generation" 2>/dev/null || true)
while kill -0 "$broker" 2>/dev/null; do
    # In the background, because a shell handles a signal only after its foreground child has ended.
    sleep "$pause" &
    wait $! || true
    now=$(cat "$generation" 2>/dev/null || true)
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker" 2>/dev/null || true
    fi
done
wait "$broker"
