# Turns k3d's list of ports into nginx's configuration. The list looks like this:
#   ports:
#     6443.tcp:
#       - k3d-dev-server-0
#   settings:
#     workerConnections: 1024
#     defaultProxyTimeout: 600
BEGIN { timeout = 600; connections = 1024 }
/^[^ ]/ { close_port(); in_ports = ($1 == "ports:") }
$1 == "defaultProxyTimeout:" { timeout = $2 }
$1 == "workerConnections:" { connections = $2 }
in_ports && /^ +"?[0-9]+\.(tcp|udp)"?:/ {
  close_port()
  gsub(/"/, "", $1)
  split($1, part, /[.:]/)
  port = part[1]
  protocol = part[2]
  next
}
in_ports && /^ +- / {
  gsub(/"/, "", $2)
  servers = servers "    server " $2 ":" port " max_fails=1 fail_timeout=10s;\n"
}
# The settings may come after the ports, so nothing is printed before the end.
function close_port(udp) {
  if (servers != "") {
    udp = protocol == "udp" ? " udp" : ""
    blocks = blocks "  upstream " protocol "_" port " {\n" servers "  }\n"
    blocks = blocks "  server {\n    listen " port udp ";\n    proxy_pass " protocol "_" port ";\n  }\n"
  }
  servers = ""
}
END {
  close_port()
  print "load_module /usr/lib/nginx/modules/ngx_stream_module.so;"
  print "error_log stderr notice;"
  print "worker_processes auto;"
  print "events { worker_connections " connections "; }"
  print "stream {"
  print "  proxy_timeout " timeout ";"
  print "  proxy_connect_timeout 2s;"
  printf "%s}\n", blocks
}
