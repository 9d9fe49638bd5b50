"""Check the repository for phrases that read as translated."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

REPLACEMENTS = {
    r"\bwhoever\b": "the person who, anyone who",
    r"\banew\b": "again, or re- (rebuilt, rewritten)",
    r"\bat last\b": "finally, or nothing",
    r"\bbefalls?\b": "happens to, applies to",
    r"\bto be had\b": "available",
    r"\bof one's own\b": "its own, your own",
    r"\bno more\b(?! than)": "no longer",
    r'"""Of ': "name the thing: Hash of, Port of",
    r"\b(?:is|are) looked for\b": "look for",
    r"\bwhat is no\b": "anything but",
    r"\banything that is not one of them\b": "any other text",
    r"\bas of the first one\b": "as of the first read",
    r"\bfar behind any\b": "beyond any",
    r"\bis none the\b": "has no such",
    r"\bto be told of\b": "listener for, call for",
    r"\bcounts for no(?:ne|thing)\b": "is ignored",
    r"\bgives (?:False|True|None)\b": "return",
    r"\bsomebody else's\b": "another person's",
    r"\bsomebody else\b": "someone else",
    r"\bby word of mouth\b": "orally",
    r"\bnot believed\b": "not accepted, not trusted",
    r"\bthe present (?:one|terminal|key|card|talk|state)\b": "the current one",
    r"\bnobody waits\b": "is not waited for",
    r"\bthe same of\b": "name the thing again",
    r"\bthat are no [A-Z]": "that are not",
    r"\bto an empty room\b": "in an empty room",
    r"\bso far off\b": "with this difference",
    r"\b(?:None|False|True) where\b": "None if",
    r"\bcards? (?:that )?l(?:ies|ay) there\b|\bl(?:ies|ay) on the reader\b": "is on the reader",
    r"\bthat (?:is|are) there(?: already)?[.:,;]": "existing",
    r"\b(?:PIN|face|staff) ways?\b": "method, by PIN",
    r"\b(?:of|for|after|within|over|until|at most) so many\b": "this many, a number of",
    r"\bat (?:one|two) looks?\b": "scan, comparison, poll",
    r"\botherwise than\b": "differently from",
    r"\bbut for\b": "except",
    r"\btold as (?:such|another|a)\b": "reported as",
    r"\bOr who\b": "otherwise somebody",
    r"\bnothing of (?:a|the) (?:patient|person|holder|backup|file)\b": "no patient data",
    r"\bends? for good\b|\bended for good\b": "revoke, permanently",
    r"\bcan(?:not)? be told\b": "unknown, distinguished",
    r"\bcounts? before any other\b": "takes precedence",
    r"\bgeneration before\b": "predecessor",
    r"\bstaff's way in\b": "staff access",
    r"\bsomething is there already\b": "already exists",
    r"\bis none of its\b|\bhas none such\b": "not one of its",
    r"\bthe same again\b": "repeat",
    r'(?:\. |""")Pure\.': "No I/O, or a pure function",
    r"\b(?:frames|pixels|samples|bits) a (?:second|millimetre)\b": "per second, per millimetre",
    r"\ba peer of the\b": "simulated, or like",
    r"\bTakes over the buffer\b": "Take ownership of the buffer",
    r"\bin the place of\b": "replacement for, instead of",
    r"\bwhat is there stays\b": "existing files are kept",
    r"\bAsked twice, shown never\b": "asked for twice",
    r"(?<!there )\bis no (?:PIN|card|proof|record|file|folder|member|answer|message|certificate)\b": "is not a",
    r"\bin (?:the )?order of the file\b": "in file order",
    r"\btakes its time\b": "takes a while",
    r"\bgo(?:es)? on (?:with|in|by)\b": "continue",
    r"\bforetells?\b": "predict",
    r"\b(?:stands?|stood) (?:in|on) (?:it|the (?:file|list|ledger|screen|card))\b": "is in, is on",
    r"\bof this very\b": "of the same",
    r"\bthe one meant\b": "the intended one",
    r"\bin vain\b": "without success, timed out",
    r"\bspoilt\b": "damaged, modified",
    r"\blooks? otherwise\b": "look different",
    r"\btaken back\b": "withdrawn",
    r"\btrips? over\b": "known pitfall, fails on",
    r"\bstands? in the (?:place|stead) of\b": "is in the position of, replaces",
    r"\bno fault but\b": "only this fault",
    r"\bis asked whether\b": "the question is",
    r"\bfor one in\b": "name the loop variable after the item",
    r"\bone, other =": "name what each value is",
    r"\bmakes? up for\b": "replace, compensate",
    r"\bfrom there on\b": "afterwards, from then",
    r"\bof before \d": "from before",
    r"\binvented (?:people|persons?|patients?|data)\b": "fictitious, as the command line says",
    r"\bnobody is there\b": "the counter is unattended, idle",
}


FILES = ("*.py", "*.md", "*.toml", "*.js", "*.css", "*.html", "*en.po", "Makefile")
SKIPPED = (":!*.ja.md", ":!*fixtures/*", f":!tests/{Path(__file__).name}")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_no_translated_phrases() -> None:
    pattern = "|".join(f"(?:{phrase})" for phrase in REPLACEMENTS)
    grep = ["git", "grep", "-I", "--line-number", "--ignore-case", "--perl-regexp", "-e", pattern, "--"]
    result = subprocess.run([*grep, *FILES, *SKIPPED], capture_output=True, text=True, cwd=ROOT, check=False)
    hits = [
        f"{line[:160]} -> {instead}"
        for line in result.stdout.splitlines()
        for phrase, instead in REPLACEMENTS.items()
        if re.search(phrase, line, re.IGNORECASE)
    ]
    assert result.returncode == 1, "\n".join(hits) or result.stdout + result.stderr  # 1: no line matches
