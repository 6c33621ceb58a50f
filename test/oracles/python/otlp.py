"""What an exporter of OTLP sends, read by Google's protobuf with the numbers and types that OTLP 1.x publishes.

otlp.py < {"traces": [BODY, ...], "metrics": [BODY, ...]}   each body in base64; prints the spans and the points of data in it,
and how many bytes of it belong to no field that is known here, or to one of another type.
"""

import base64
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool

try:
    from google.protobuf.message_factory import GetMessageClass as class_of
except ImportError:  # Before 4.22
    from google.protobuf.message_factory import MessageFactory

    class_of = MessageFactory().GetPrototype

FIELD = descriptor_pb2.FieldDescriptorProto

# Name, number, type; + for many of it. A type with a capital is a message. What no run of ours sends, such as histograms, is left out.
MESSAGES = {
    "AnyValue": "string_value 1 string, bool_value 2 bool, int_value 3 int64, double_value 4 double, "
    "array_value 5 ArrayValue, kvlist_value 6 KeyValueList, bytes_value 7 bytes",
    "ArrayValue": "values 1 AnyValue+",
    "KeyValueList": "values 1 KeyValue+",
    "KeyValue": "key 1 string, value 2 AnyValue",
    "InstrumentationScope": "name 1 string, version 2 string, attributes 3 KeyValue+, dropped_attributes_count 4 uint32",
    "Resource": "attributes 1 KeyValue+, dropped_attributes_count 2 uint32",
    "TracesRequest": "resource_spans 1 ResourceSpans+",
    "ResourceSpans": "resource 1 Resource, scope_spans 2 ScopeSpans+, schema_url 3 string",
    "ScopeSpans": "scope 1 InstrumentationScope, spans 2 Span+, schema_url 3 string",
    "Span": "trace_id 1 bytes, span_id 2 bytes, trace_state 3 string, parent_span_id 4 bytes, name 5 string, kind 6 int32, "
    "start_time_unix_nano 7 fixed64, end_time_unix_nano 8 fixed64, attributes 9 KeyValue+, dropped_attributes_count 10 uint32, "
    "events 11 Event+, dropped_events_count 12 uint32, links 13 Link+, dropped_links_count 14 uint32, status 15 Status, "
    "flags 16 fixed32",
    "Event": "time_unix_nano 1 fixed64, name 2 string, attributes 3 KeyValue+, dropped_attributes_count 4 uint32",
    "Link": "trace_id 1 bytes, span_id 2 bytes, trace_state 3 string, attributes 4 KeyValue+, "
    "dropped_attributes_count 5 uint32, flags 6 fixed32",
    "Status": "message 2 string, code 3 int32",
    "MetricsRequest": "resource_metrics 1 ResourceMetrics+",
    "ResourceMetrics": "resource 1 Resource, scope_metrics 2 ScopeMetrics+, schema_url 3 string",
    "ScopeMetrics": "scope 1 InstrumentationScope, metrics 2 Metric+, schema_url 3 string",
    "Metric": "name 1 string, description 2 string, unit 3 string, gauge 5 Gauge, sum 7 Sum",
    "Gauge": "data_points 1 NumberDataPoint+",
    "Sum": "data_points 1 NumberDataPoint+, aggregation_temporality 2 int32, is_monotonic 3 bool",
    "NumberDataPoint": "start_time_unix_nano 2 fixed64, time_unix_nano 3 fixed64, as_double 4 double, exemplars 5 Exemplar+, "
    "as_int 6 sfixed64, attributes 7 KeyValue+, flags 8 uint32",
    "Exemplar": "time_unix_nano 2 fixed64, as_double 3 double, span_id 4 bytes, trace_id 5 bytes, as_int 6 sfixed64, "
    "filtered_attributes 7 KeyValue+",
}


def described():
    # In proto2 each field tells whether it is there. A text that is no UTF-8 is an error once it is looked at.
    file = descriptor_pb2.FileDescriptorProto(name="otlp", package="otlp", syntax="proto2")
    for message, fields in MESSAGES.items():
        made = file.message_type.add(name=message)
        for name, number, kind in (field.split() for field in fields.split(", ")):
            many, kind = kind.endswith("+"), kind.rstrip("+")
            field = made.field.add(name=name, number=int(number))
            field.label = FIELD.LABEL_REPEATED if many else FIELD.LABEL_OPTIONAL
            if kind[0].isupper():
                field.type, field.type_name = FIELD.TYPE_MESSAGE, f".otlp.{kind}"
            else:
                field.type = FIELD.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def plain(value):
    for name in ("string_value", "bool_value", "int_value", "double_value"):
        if value.HasField(name):
            return getattr(value, name)
    if value.HasField("array_value"):
        return [plain(one) for one in value.array_value.values]
    return pairs(value.kvlist_value.values) if value.HasField("kvlist_value") else None


def pairs(attributes):
    return {pair.key: plain(pair.value) for pair in attributes}


def spans_of(request):
    for by_resource in request.resource_spans:
        for by_scope in by_resource.scope_spans:
            for span in by_scope.spans:
                yield {
                    "name": span.name,
                    "traceId": span.trace_id.hex(),
                    "spanId": span.span_id.hex(),
                    "parentSpanId": span.parent_span_id.hex(),
                    "kind": span.kind,
                    "startNs": str(span.start_time_unix_nano),
                    "endNs": str(span.end_time_unix_nano),
                    "status": ["UNSET", "OK", "ERROR"][span.status.code],
                    "statusMessage": span.status.message,
                    "attributes": pairs(span.attributes),
                    "events": [{"name": event.name, "attributes": pairs(event.attributes)} for event in span.events],
                    "links": [
                        {"traceId": link.trace_id.hex(), "spanId": link.span_id.hex(), "attributes": pairs(link.attributes)}
                        for link in span.links
                    ],
                    "resource": pairs(by_resource.resource.attributes),
                    "scope": by_scope.scope.name,
                }


def points_of(request):
    for by_resource in request.resource_metrics:
        for by_scope in by_resource.scope_metrics:
            for metric in by_scope.metrics:
                (kind,) = [one for one in ("gauge", "sum") if metric.HasField(one)]
                for point in getattr(metric, kind).data_points:
                    (value,) = [one for one in ("as_double", "as_int") if point.HasField(one)]
                    yield {
                        "name": metric.name,
                        "description": metric.description,
                        "unit": metric.unit,
                        "kind": kind,
                        "value": getattr(point, value),
                        "attributes": pairs(point.attributes),
                        "resource": pairs(by_resource.resource.attributes),
                    }


def main():
    pool = described()
    bodies = json.load(sys.stdin)
    found = {"spans": [], "points": [], "unknownBytes": 0}
    for signal, name, of, into in (("traces", "Traces", spans_of, "spans"), ("metrics", "Metrics", points_of, "points")):
        request_class = class_of(pool.FindMessageTypeByName(f"otlp.{name}Request"))
        for body in bodies[signal]:
            request = request_class.FromString(base64.b64decode(body))
            whole = request.ByteSize()
            request.DiscardUnknownFields()
            found["unknownBytes"] += whole - request.ByteSize()
            found[into].extend(of(request))
    json.dump(found, sys.stdout)


main()
