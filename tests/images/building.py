"""Builds the stages of a Dockerfile in folders: each step runs in a clean root of Debian, in namespaces of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]  # it declares no types

from tests.labs.lab import CACHE

CERTIFICATES = "/etc/kith-certificates.pem"
_MIRROR = "http://deb.debian.org/debian"
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


@dataclass
class Image:
    """What a stage made. root: its files."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: int = 0
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> list[str]:
        """Return what runs a command as a container would: no more rights, a root that cannot be written."""
        told = [f"{name}={value}" for name, value in {**self.env, **(env or {})}.items()]
        script = (
            'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount -t proc proc "$0/proc" && '
            f'mount -t tmpfs tmpfs "$0/tmp" && mount -t tmpfs -o uid={self.user},mode=0700 tmpfs "$0{self.folder}" && '
            f'mount --bind /dev "$0/dev" && exec chroot --userspec={self.user}:{self.user} "$0" '
            f'env -i "$@"'
        )
        return [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child=SIGTERM",
            "sh",
            "-c",
            script,
            str(self.root),
            *told,
            *command,
        ]


def build(dockerfile: Path, context: Path, where: Path) -> dict[str, Image]:
    """Build every stage below a folder; return them by name. Raises CalledProcessError with what a step wrote."""
    images: dict[str, Image] = {}
    image = Image(where)
    for step in DockerfileParser(path=str(dockerfile.parent)).structure:
        kind, value = step["instruction"], step["value"]
        if kind == "FROM":
            base, _, name = value.partition(" AS ")
            image = images[name] = _begin(images.get(base), base, where / name)
        elif kind == "RUN":
            _run(image, value)
        elif kind == "COPY":
            _copy(images, image, value.split(), context)
        elif kind == "ENV":
            image.env |= dict(pair.split("=", 1) for pair in value.split())
        elif kind == "WORKDIR":
            image.folder = value
            (image.root / value.strip("/")).mkdir(parents=True, exist_ok=True)
        elif kind == "USER":
            image.user = int(value)
        elif kind in ("ENTRYPOINT", "CMD"):
            setattr(image, {"ENTRYPOINT": "entrypoint", "CMD": "command"}[kind], json.loads(value))
        elif kind not in ("COMMENT", "EXPOSE", "VOLUME"):
            raise ValueError(f"No step {kind} is known here.")
    return images


def _begin(before: Image | None, base: str, root: Path) -> Image:
    """Begin a stage with the files of another, or with a clean system."""
    if before is not None:
        _call("cp", "-a", str(before.root), str(root))
        return Image(root, dict(before.env), before.folder, before.user, before.entrypoint, before.command)
    suite = base.removeprefix("debian:").removesuffix("-slim")
    clean = CACHE / "roots" / suite
    if not clean.exists():
        half = clean.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        _call("debootstrap", "--variant=minbase", suite, str(half), _MIRROR)
        half.rename(clean)
    _call("cp", "-a", str(clean), str(root))
    return Image(root)


def _run(image: Image, command: str) -> None:
    """Run a step as root of the image, which may write and reach the network as this machine does."""
    shutil.copy("/etc/resolv.conf", image.root / "etc" / "resolv.conf")
    given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if trusted := os.environ.get("PIP_CERT"):
        shutil.copy(trusted, image.root / CERTIFICATES.lstrip("/"))
        given["PIP_CERT"] = CERTIFICATES
    told = [
        f"{name}={value}" for name, value in ({"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | image.env | given).items()
    ]
    script = 'mount -t proc proc "$0/proc" && exec chroot "$0" env -i "$@"'
    inside = ["sh", "-c", f"cd {image.folder} && {command}"]
    _call("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, str(image.root), *told, *inside)
    (image.root / CERTIFICATES.lstrip("/")).unlink(missing_ok=True)


def _copy(images: Mapping[str, Image], image: Image, words: list[str], context: Path) -> None:
    """Copy from another stage, or from the folder that is built, of what it lets in."""
    source_root = context
    if words[0].startswith("--from="):
        source_root = images[words.pop(0).removeprefix("--from=")].root
    *sources, target = words
    to = image.root / (target if target.startswith("/") else f"{image.folder}/{target}").strip("/")
    for source in sources:
        path = source_root / source.strip("/")
        if path.is_dir():
            shutil.copytree(path, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, to)


def _call(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-4000:]}")
