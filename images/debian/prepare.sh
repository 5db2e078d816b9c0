#!/bin/sh
# Runs in a fresh Debian tree (chroot): makes it small, and fit for building images on.
set -eu
# Packages must not start services while an image is built.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
mkdir -p /etc/dpkg/dpkg.cfg.d /etc/apt/apt.conf.d
cat > /etc/dpkg/dpkg.cfg.d/alphintra <<'DPKG'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
DPKG
cat > /etc/apt/apt.conf.d/alphintra <<'APT'
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/*.log /var/log/apt \
  /usr/share/doc/* /usr/share/man/* /usr/share/info/* /usr/share/locale/*
