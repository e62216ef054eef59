#!/bin/sh
# InfluxDB 1 behind the one path of InfluxDB 2 that writes; the token is asked for at all but /ping.
set -eu
data=/var/lib/influxdb2
export INFLUXDB_META_DIR=$data/meta INFLUXDB_DATA_DIR=$data/data INFLUXDB_DATA_WAL_DIR=$data/wal
export INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:8087 INFLUXDB_BIND_ADDRESS=127.0.0.1:8088
export INFLUXDB_REPORTING_DISABLED=true
influxd >/tmp/influxd.log 2>&1 &
until curl -fsS http://127.0.0.1:8087/ping 2>/dev/null; do sleep 0.2; done
curl -fsS http://127.0.0.1:8087/query \
  --data-urlencode "q=CREATE DATABASE \"$DOCKER_INFLUXDB_INIT_BUCKET\"" >/dev/null
cat > /tmp/nginx.conf <<CONF
pid /tmp/nginx.pid; worker_processes 1; error_log stderr; user root;
events {}
http {
  access_log off; client_max_body_size 50m; map_hash_bucket_size 256;
  map \$http_authorization \$known { default 0; "Token $DOCKER_INFLUXDB_INIT_ADMIN_TOKEN" 1; }
  server {
    listen 8086; listen [::]:8086;
    location = /ping { proxy_pass http://127.0.0.1:8087; }
    location = /api/v2/write {
      if (\$known = 0) { return 401; }
      proxy_pass http://127.0.0.1:8087/write?db=\$arg_bucket&precision=\$arg_precision;
    }
    location / {
      if (\$known = 0) { return 401; }
      proxy_set_header Authorization ""; proxy_pass http://127.0.0.1:8087;
    }
  }
}
CONF
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
