"""A relocatable CPython: upstream's source with Debian's security patches, built in the old Debian root.

Debian's layout patches are left out: they move packages to `dist-packages`, and streamlit takes any folder not named
`site-packages` for a development checkout of itself. The libraries that modules need are included, found by `$ORIGIN`.
"""

import re
from pathlib import Path

import cache
from console import Stop, detail, step

from bundle.debian_root import DebianRoot
from core.carry.archives import pack, unpack

PATCHES = r"^(CVE-|000[0-9]-|relfile-|shutdown-|frame_)"  # fixes; the other patches of the series are Debian's layout
GLIBC = r"(libc|libm|libpthread|libdl|libutil|librt|libresolv|ld-linux[^/]*)"  # taken from the target system

FETCH = """
cd /build
for version in $(apt-cache showsrc python3.11 | sed -n 's/^Version: //p' | sort -rV); do  # a mirror may lack the newest
    apt-get source -q --download-only python3.11=$version && exit 0
done
exit 1
"""
# `ac_cv_posix_semaphores_enabled`: with no /dev/shm, configure finds no semaphores, and multiprocessing loses its locks.
# `Py_BUILD_CORE_MODULE`: a security patch of pyexpat uses an internal header that only Debian's own build makes visible.
BUILD = f"""
cd /build
rm -rf python /out
dpkg-source --skip-patches -x python3.11_*.dsc python
cd python
for patch in $(grep -E '{PATCHES}' debian/patches/series); do patch -s -p1 < debian/patches/$patch; done
sed -i '1i #define Py_BUILD_CORE_MODULE 1' Modules/pyexpat.c
export ac_cv_posix_semaphores_enabled=yes
./configure -q --prefix=/python --enable-shared --without-ensurepip --with-system-expat --disable-test-modules
make -j$(nproc)
make install DESTDIR=/out
"""
PATCH = f"""
cd /out/python
rm -rf lib/python3.11/{{test,idlelib,tkinter,turtledemo,config-3.11*/libpython3.11.a}} share
rm -f lib/python3.11/lib-dynload/{{nis,ossaudiodev,xxlimited*}}.*.so bin/{{2to3,idle3,pydoc3}}* bin/*-config
find . -name __pycache__ -type d -prune -exec rm -rf {{}} +
strip --strip-unneeded bin/python3.11 lib/libpython3.11.so.1.0 lib/python3.11/lib-dynload/*.so
for file in bin/python3.11 lib/python3.11/lib-dynload/*.so; do LD_LIBRARY_PATH=/out/python/lib ldd $file; done |
    awk '/=> \\// {{print $3}}' | sort -u | grep -vE '/{GLIBC}\\.so|^/out/' | while read library; do
        cp -L $library lib/
        # the package whose license goes along: its name, for `copyright` below
        (dpkg -S $library || dpkg -S /usr$library) 2>/dev/null | head -1 | cut -d: -f1 >> /build/packages.txt
    done
find lib -maxdepth 1 -name '*.so*' -type f -exec patchelf --force-rpath --set-rpath '$ORIGIN' {{}} +
patchelf --force-rpath --set-rpath '$ORIGIN/../lib' bin/python3.11
find lib/python3.11/lib-dynload -name '*.so' -exec patchelf --force-rpath --set-rpath '$ORIGIN/../..' {{}} +
mkdir -p licenses
cp /build/python/LICENSE licenses/python3.11.txt
sort -u /build/packages.txt | while read package; do cp -L /usr/share/doc/$package/copyright licenses/$package.txt; done
sort -u /build/packages.txt | xargs dpkg-query -W -f '${{Package}} ${{Version}}\\n' > licenses/versions.txt
basename /build/python3.11_*.dsc .dsc >> licenses/versions.txt
"""
PROBE = (
    "import bz2, ctypes, curses, lzma, multiprocessing, pyexpat, readline, sqlite3, ssl, uuid, zlib; multiprocessing.Lock()"
)


def build(root: DebianRoot, folder: Path, log: Path) -> Path:
    """Return a tar in `folder` of the interpreter (as `python/`), building it if needed; unpack it in the root's `/out` too.

    Raises:
        Stop: A step failed, or a module of the standard library is missing.
    """
    archive = folder / f"python-3.11-{cache.recipe(FETCH, BUILD, PATCH)}.tar"
    if archive.exists():
        detail(f"the interpreter is there already ({archive.name})")
        if not root.path("out/python").is_dir():
            unpack(archive, root.path("out"))
        return archive
    root.path("build").mkdir(exist_ok=True)
    with step("Fetching Python's source and Debian's security patches"):
        root.run(FETCH, log)
    with step("Building Python (some 5 minutes on 2 cores)"):
        root.run(BUILD, log)
        if failed := re.search(r"Failed to build these modules:\s*(.*)", log.read_text(encoding="utf-8", errors="replace")):
            raise Stop(f"Python was built without {failed[1].strip()}.", f"{log} says why.")
    with step("Gathering the libraries it needs"):
        root.path("build/packages.txt").unlink(missing_ok=True)
        root.run(PATCH, log)
        root.run(f"/out/python/bin/python3 -I -c '{PROBE}'", log)
        pack(root.path("out/python"), archive)
    return archive
