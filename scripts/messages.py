"""The catalogues: extract the texts of the code, merge translations, compile, check.

    python scripts/messages.py update            extract and compile
    python scripts/messages.py merge FILE.json   add translations {"English": "中文"} as well
    python scripts/messages.py check             fail where a text has no translation

A plural is written ``"one row|||{count} rows": "{count} 行"``. The English catalogue repeats the
source text, so that it can be edited without touching the code.
"""

from __future__ import annotations

import fcntl
import io
import json
import re
import sys
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "crm_tui" / "locales"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"\{(\w+)")
LANGUAGES = ("zh_CN", "en")


def extract() -> Catalog:
    """Every text of the code."""
    catalogue = Catalog(project="crm-tui", charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        str(ROOT / "crm_tui"), method_map=[("**.py", "python")], keywords=KEYWORDS
    )
    for filename, _line, message, _comments, context in found:
        if message and (not isinstance(message, str) or message.strip()):
            catalogue.add(message, locations=[(filename, 0)], context=context)
    return catalogue


def load(language: str) -> Catalog:
    """The catalogue of ``language`` as it is stored."""
    file = po_file(language)
    if not file.exists():
        return Catalog(locale=language, project="crm-tui", charset="utf-8", fuzzy=False)
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def po_file(language: str) -> Path:
    """Where the catalogue of ``language`` lies."""
    return LOCALES / language / "LC_MESSAGES" / "crm_tui.po"


def update(translations: dict[str, str]) -> dict[str, Catalog]:
    """The catalogues of both languages with all texts of the code, and no others."""
    result = {}
    for language in LANGUAGES:
        catalogue = load(language)
        catalogue.update(extract(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        for message in catalogue:
            if message.id:
                message.string = wording(message, language, translations)
                message.flags.discard("fuzzy")
        result[language] = catalogue
    return result


def wording(message: Message, language: str, translations: dict[str, str]) -> str | tuple[str, ...]:
    """What ``message`` says in ``language``: what is new, else what is there."""
    plural = isinstance(message.id, (tuple, list))
    if language == "en":
        return tuple(message.id) if plural else message.id
    key = "|||".join(message.id) if plural else message.id
    if key in translations:
        return (translations[key],) if plural else translations[key]
    return message.string


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def same_texts(stored: bytes, fresh: bytes) -> bool:
    """Whether two compiled catalogues say the same, whenever they were made."""
    texts = [vars(GNUTranslations(io.BytesIO(data)))["_catalog"] for data in (stored, fresh)]
    for catalogue in texts:
        catalogue.pop("", None)
    return bool(texts[0] == texts[1])


def written(catalogue: Catalog) -> bytes:
    """The catalogue as people edit it, without dates, so that equal content is equal text."""
    stream = io.BytesIO()
    write_po(stream, catalogue, omit_header=False, sort_output=True, width=100, no_location=False)
    kept = [
        line
        for line in stream.getvalue().decode().splitlines(keepends=True)
        if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By'))
    ]
    return re.sub(r":0\b", "", "".join(kept)).encode()


def save(catalogues: dict[str, Catalog]) -> None:
    """Write both forms of every catalogue."""
    for language, catalogue in catalogues.items():
        file = po_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written(catalogue))
        file.with_suffix(".mo").write_bytes(compiled(catalogue))


def problems() -> list[str]:
    """What is missing, stale, or has other placeholders than its source."""
    found = []
    for language, catalogue in update({}).items():
        for message in catalogue:
            if not message.id:
                continue
            strings = [message.string] if isinstance(message.string, str) else list(message.string)
            source = message.id if isinstance(message.id, str) else message.id[-1]
            if not all(strings):
                found.append(f"{language}: no translation: {source!r}")
            elif any(
                set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(source))
                for text in strings
            ):
                found.append(f"{language}: unknown placeholder: {source!r} -> {strings}")
        file = po_file(language)
        if not file.exists() or file.read_bytes() != written(catalogue):
            found.append(f"{language}: the catalogue is stale: run scripts/messages.py update")
        elif not same_texts(file.with_suffix(".mo").read_bytes(), compiled(catalogue)):
            found.append(f"{language}: the compiled catalogue is stale: run it again")
    return found


def main(arguments: list[str]) -> int:
    """Do what was asked; 1 where a check fails, 2 for a wrong call."""
    if arguments == ["check"]:
        found = problems()
        print("\n".join(found) if found else "catalogues: complete")
        return 1 if found else 0
    if arguments != ["update"] and (len(arguments) != 2 or arguments[0] != "merge"):
        print(__doc__)
        return 2
    translations = {}
    if arguments[0] == "merge":
        translations = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    LOCALES.mkdir(parents=True, exist_ok=True)
    with (ROOT / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        save(update(translations))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
