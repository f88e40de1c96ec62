# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# packages.sh - sourced after machine.sh by tests that upgrade packages: the
# image's own, made into others.

# begin_package NAME: unpacks that of the image's repository, to be changed.
begin_package() {
    PACKAGE=$SCRATCH/package
    rm -rf "$PACKAGE"
    mkdir -p "$PACKAGE" "$SCRATCH/repo"
    bsdtar -xf "$(echo "$IMAGE/repo/$1"-[0-9]*.pkg.tar.gz)" -C "$PACKAGE" ||
        fail "unable to unpack $1"
    rm "$PACKAGE/.MTREE" "$PACKAGE/.BUILDINFO"
}

# end_package NAME VERSION: packs it as that, in $SCRATCH/repo; PKG is the file.
end_package() {
    sed -i -e "s/^\(pkgname\|pkgbase\) = .*/\1 = $1/" \
        -e "s/^pkgver = .*/pkgver = $2/" "$PACKAGE/.PKGINFO"
    PKG=$SCRATCH/repo/$1-$2-any.pkg.tar.gz
    (cd "$PACKAGE" && bsdtar -czf "$PKG" --uid 0 --gid 0 -- .[IP]* *) ||
        fail "unable to pack $1"
}

# The page's server says which of its packages it is of.
make_packages() {
    begin_package web
    sed -i '2i echo second >/run/web-is' "$PACKAGE/etc/sv/web/run"
    end_package web 9-1
    begin_package mere-init
    end_package mere-init 9-1
    begin_package web
    rm -r "$PACKAGE/srv"
    mv "$PACKAGE/etc/sv/web" "$PACKAGE/etc/sv/hello"
    rm -r "$PACKAGE/etc/sv/hello/log"
    printf '#!/bin/sh\nexec sleep inf\n' >"$PACKAGE/etc/sv/hello/run"
    sed -i '/^backup/d' "$PACKAGE/.PKGINFO"
    end_package hello 1-1
}
