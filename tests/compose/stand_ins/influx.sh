#!/bin/sh
# 'influx ping --host ADDRESS', as InfluxDB 2 has it; all else is for InfluxDB 1's own client.
[ "$1" != ping ] || exec curl -fsS "$3/ping"
exec /usr/bin/influx -port 8087 "$@"
