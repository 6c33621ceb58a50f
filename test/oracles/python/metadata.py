"""The metadata store as the Python stack speaks to it, from the description of its operations alone.

As a client:   metadata.py ask URL TOKEN < [{"base", "kind", "params", "response"}, ...]   prints the answers
As a server:   metadata.py serve TOKEN   prints its port and answers from a store of its own until it is killed
"""

import json
import re
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def literal(value):
    """A value as GraphQL spells it; the names of an object stand without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {literal(v)}" for k, v in value.items() if v is not None) + "}"
    return json.dumps(value)


def selection(response):
    """{"a": None, "b": {"c": None}} as the fields that are asked for; a list holds the shape of its elements."""
    if isinstance(response, list):
        return selection(response[0])
    parts = [k if v is None else f"{k} {selection(v)}" for k, v in response.items()]
    return "{" + ", ".join(parts) + "}"


def request_of(call):
    base, params = call["base"], call["params"]
    if call["kind"] == "query":
        return {"query": f"{{{base}(filterParams: {literal(params)}){selection(call['response'])} }}"}
    wrapper = f"{base[:6]}Params"
    query = f"mutation {base} {{{base}({wrapper}: {literal(params)}){selection(call['response'])} }}"
    return {"query": query, "operationName": base}


def ask(url, token, calls):
    answers = []
    for call in calls:
        request = urllib.request.Request(
            url,
            data=json.dumps(request_of(call)).encode(),
            headers={"Content-Type": "application/json", "Service-Name": "oracle", "Authorization": token},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answers.append({"status": response.status, **json.load(response)})
        except urllib.error.HTTPError as error:
            answers.append({"status": error.code, **json.load(error)})
    return answers


TOKENS = re.compile(r'\s*(?:,\s*)*([{}():\[\]]|"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?|\w+)')


class Query:
    """One call: operation, its parameters and the fields that are wanted. Nothing else of GraphQL is understood."""

    def __init__(self, text):
        self.tokens = TOKENS.findall(text)
        self.at = 0
        self.operation = None
        if self.peek() == "mutation":
            self.take()
            self.operation = self.take()
        self.expect("{")
        self.base = self.take()
        self.expect("(")
        self.wrapper = self.take()
        self.expect(":")
        self.params = self.value()
        self.expect(")")
        self.fields = self.selection()
        self.expect("}")

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token):
        found = self.take()
        if found != token:
            raise ValueError(f"expected {token}, found {found}")

    def value(self):
        token = self.take()
        if token != "{":
            return json.loads(token)
        members = {}
        while self.peek() != "}":
            name = self.take()
            self.expect(":")
            members[name] = self.value()
        self.take()
        return members

    def selection(self):
        self.expect("{")
        fields = {}
        while self.peek() != "}":
            name = self.take()
            fields[name] = self.selection() if self.peek() == "{" else None
        self.take()
        return fields


def pick(value, fields):
    """What is wanted of a value; a field that it does not have is an error, as in a schema."""
    if fields is None or value is None:
        return value
    if isinstance(value, list):
        return [pick(each, fields) for each in value]
    return {name: pick(value[name], wanted) for name, wanted in fields.items()}


class Store:
    """The tables behind the operations."""

    def __init__(self):
        self.statuses = {}
        self.receipts = []
        self.calls = []
        document = json.dumps([{"bucket": "raw", "object_keys": ["Größe_☉.fits"]}])
        part = {
            "inputDatasetPartId": 31,
            "inputDatasetPartDocument": document,
            "inputDatasetPartType": {"inputDatasetPartTypeName": "observe_frames"},
        }
        dataset = {"inputDatasetId": 21, "isActive": True, "inputDatasetInputDatasetParts": [{"inputDatasetPart": part}]}
        self.run = {
            "recipeRunId": 1,
            "recipeInstanceId": 11,
            "recipeInstance": {"recipeId": 12, "inputDatasetId": 21, "inputDataset": dataset},
            "recipeRunProvenances": [],
            "configuration": json.dumps({"teardown_enabled": False, "tile_size": 64}),
            "recipeRunStatusId": None,
        }

    def answer(self, query):
        p = query.params
        self.calls.append([query.operation or "query", query.base, query.wrapper, p])
        if query.base == "recipeRunStatuses":
            name = p["recipeRunStatusName"]
            return [{"recipeRunStatusId": self.statuses[name]}] if name in self.statuses else []
        if query.base == "recipeRuns":
            return [self.run] if p["recipeRunId"] == 1 else []
        if query.base == "createRecipeRunStatus":
            self.statuses[p["recipeRunStatusName"]] = 100 + len(self.statuses)
            return {"recipeRunStatusId": self.statuses[p["recipeRunStatusName"]]}
        if query.base == "updateRecipeRun":
            if p["recipeRunId"] != 1:
                raise ValueError("no such row")
            self.run["recipeRunStatusId"] = p["recipeRunStatusId"]
            return {"recipeRunId": 1}
        if query.base == "createRecipeRunProvenance":
            json.loads(p["libraryVersions"])
            record = {**p, "recipeRunProvenanceId": 40 + len(self.run["recipeRunProvenances"])}
            self.run["recipeRunProvenances"].append(record)
            return record
        if query.base == "createDatasetCatalogReceiptAccount":
            self.receipts.append(p)
            return {"datasetCatalogReceiptAccountId": len(self.receipts)}
        raise ValueError(f"no operation {query.base}")


def serve(token):
    store = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def reply(self, status, value):
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.reply(200, {"calls": store.calls, "run": store.run, "statuses": store.statuses, "receipts": store.receipts})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Authorization"] != token or not self.headers["Service-Name"]:
                return self.reply(401, {"errors": [{"message": "who are you?"}]})
            try:
                request = json.loads(body)
                query = Query(request["query"])
                if query.operation != request.get("operationName"):
                    raise ValueError("another operationName")
                self.reply(200, {"data": {query.base: pick(store.answer(query), query.fields)}})
            except (KeyError, ValueError) as error:
                self.reply(200, {"errors": [{"message": repr(error)}], "data": None})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        json.dump(ask(sys.argv[2], sys.argv[3], json.load(sys.stdin)), sys.stdout)
    else:
        serve(sys.argv[2])
