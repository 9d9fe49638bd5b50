"""Docstrings of model fields, read from the source on demand.

Pydantic's `use_attribute_docstrings` would read and parse the source in every process that imports a model.
"""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel


def attribute_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of the fields declared in `model` itself, by field name."""
    (source,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(source, ast.ClassDef)
    return {
        line.target.id: " ".join(str(ast.literal_eval(following.value)).split())
        for line, following in pairwise(source.body)
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(following, ast.Expr)
    }


def describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Add the field docstrings to a JSON schema as descriptions. Pass it as `json_schema_extra`."""
    for owner in model.__mro__:
        if owner is BaseModel or not issubclass(owner, BaseModel):
            break
        for name, docstring in attribute_docs(owner).items():
            if name in schema.get("properties", {}):
                schema["properties"][name].setdefault("description", docstring)
