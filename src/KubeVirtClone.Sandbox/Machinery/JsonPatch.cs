using System.Globalization;
using System.Text.Json;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A patch that could not be read or applied; the message is the library's own.</summary>
internal sealed class JsonPatchException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>
/// JSON Patch as evanphx/json-patch v4 applies it, which Kubernetes and KubeVirt (for a restore's patches) use: <c>replace</c> of a missing key in
/// an object works, a missing value means null, negative array indices count from the end.
/// </summary>
internal static class JsonPatch
{
    /// <summary>Paths whose containers were opened, so that a caller can print the result with Go's key order.</summary>
    public static JsonNode Apply(JsonObject document, JsonArray operations, ISet<JsonNode>? opened = null)
    {
        JsonNode root = document.DeepClone();
        foreach (var operation in operations)
            root = new Step(root, operation as JsonObject ?? [], opened).Run();
        return root;
    }

    /// <summary>Reads patches given one text each, as KubeVirt joins them.</summary>
    /// <exception cref="JsonPatchException">Not JSON, or not a list of operations.</exception>
    public static JsonArray Decode(string joined)
    {
        JsonNode? read;
        try
        {
            // As written: what a patch puts in is printed, and compared, so.
            read = GoJson.Parse(joined, asWritten: true);
        }
        catch (GoJsonException e)
        {
            throw new JsonPatchException(e.Message);
        }

        if (read is not JsonArray list)
            throw new JsonPatchException("json: cannot unmarshal into Go value of type jsonpatch.Patch");
        if (list.FirstOrDefault(n => n is not null and not JsonObject) is { } wrong)
            throw new JsonPatchException($"json: cannot unmarshal {JsonAccess.GoKind(wrong)} into Go value of type jsonpatch.Operation");
        return list;
    }

    private sealed class Step(JsonNode root, JsonObject operation, ISet<JsonNode>? opened)
    {
        private const string Missing = "missing value";

        public JsonNode Run()
        {
            var kind = operation["op"].AsText() ?? "unknown";
            switch (kind)
            {
                case "add":
                    Add(Path("add", Missing), operation["value"]?.DeepClone(), "add operation does not apply: doc is missing path: \"{0}\": " + Missing, "error in add for path: '{0}': ");
                    return root;
                case "remove":
                    Remove();
                    return root;
                case "replace":
                    return Replace();
                case "move":
                    Move();
                    return root;
                case "copy":
                    Copy();
                    return root;
                case "test":
                    Test();
                    return root;
                default:
                    throw new JsonPatchException("Unexpected kind: " + kind);
            }
        }

        private static string Format(string text, string path) => text.Replace("{0}", path, StringComparison.Ordinal);

        private string Path(string verb, string? why = null) => operation["path"].AsText()
            ?? throw new JsonPatchException($"{verb} operation failed to decode path: {why ?? "operation missing path field: " + Missing}");

        private string From(string verb) => operation["from"].AsText()
            ?? throw new JsonPatchException($"{verb} operation failed to decode from: operation, missing from field: {Missing}");

        private void Add(string path, JsonNode? value, string noContainer, string failed)
        {
            var (container, key) = Find(path);
            if (container is null)
                throw new JsonPatchException(Format(noContainer, path));
            if (container is JsonObject map)
            {
                map[key] = value;
                return;
            }

            var list = (JsonArray)container;
            if (key == "-")
            {
                list.Add(value);
                return;
            }

            if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
                throw new JsonPatchException(Format(failed, path) + $"value was not a proper array index: '{key}': {NotANumber(key)}");
            var size = list.Count + 1;
            if (index >= size || index < -size)
                throw new JsonPatchException(Format(failed, path) + InvalidIndex(index));
            list.Insert(index < 0 ? index + size : index, value);
        }

        private void Remove()
        {
            var path = Path("remove", Missing);
            var (container, key) = Find(path);
            if (container is null)
                throw new JsonPatchException($"remove operation does not apply: doc is missing path: \"{path}\": {Missing}");
            Take(container, key, $"error in remove for path: '{path}': ");
        }

        private JsonNode Replace()
        {
            var path = Path("replace");
            var value = operation["value"]?.DeepClone();
            if (path.Length == 0)
                return value is JsonObject or JsonArray ? value : throw new JsonPatchException("replace operation value must be object or array: %!w(<nil>)");
            var (container, key) = Find(path);
            if (container is null)
                throw new JsonPatchException($"replace operation does not apply: doc is missing path: {path}: {Missing}");
            if (container is JsonObject map)
            {
                map[key] = value;
                return root;
            }

            var list = (JsonArray)container;
            if (Index(list, key) is not { } index)
                throw new JsonPatchException($"replace operation does not apply: doc is missing key: {path}: {Missing}");
            list[index] = value;
            return root;
        }

        private void Move()
        {
            var from = From("move");
            var (container, key) = Find(from);
            if (container is null)
                throw new JsonPatchException($"move operation does not apply: doc is missing from path: {from}: {Missing}");
            var value = Take(container, key, $"error in move for path: '{key}': ");
            Add(Path("move"), value, "move operation does not apply: doc is missing destination path: {0}: " + Missing, "error in move for path: '{0}': ");
        }

        private void Copy()
        {
            var from = From("copy");
            var (container, key) = Find(from);
            if (container is null)
                throw new JsonPatchException($"copy operation does not apply: doc is missing from path: {from}: {Missing}");
            var value = Get(container, key, $"error in copy for from: '{from}': ");
            Add(Path("copy", Missing), value?.DeepClone(), "copy operation does not apply: doc is missing destination path: {0}: " + Missing, "error while adding value during copy: ");
        }

        private void Test()
        {
            var path = Path("test");
            var expected = operation["value"];
            var actual = root;
            if (path.Length > 0)
            {
                var (container, key) = Find(path);
                if (container is null)
                    throw new JsonPatchException($"test operation does not apply: is missing path: {path}: {Missing}");
                actual = Get(container, key, $"error in test for path: '{path}': ");
            }

            if (!Equal(actual, expected))
                throw new JsonPatchException($"testing value {path} failed: test failed");
        }

        // The container of the last part of a path; null when any step above it is no object or array.
        private (JsonNode? Container, string Key) Find(string path)
        {
            var parts = path.Split('/');
            if (parts.Length < 2)
                return (null, "");
            var at = root;
            opened?.Add(at);
            foreach (var part in parts[1..^1])
            {
                var next = at is JsonObject map ? map[Decode(part)] : Index((JsonArray)at, Decode(part)) is { } i ? ((JsonArray)at)[i] : null;
                if (next is not (JsonObject or JsonArray))
                    return (null, "");
                at = next;
                opened?.Add(at);
            }

            return (at, Decode(parts[^1]));
        }

        private static string Decode(string key) => key.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

        private static int? Index(JsonArray list, string key)
        {
            if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) || index >= list.Count || index < -list.Count)
                return null;
            return index < 0 ? index + list.Count : index;
        }

        private static JsonNode? Get(JsonNode container, string key, string failed)
        {
            if (container is JsonObject map)
                return map[key];
            var list = (JsonArray)container;
            return Index(list, key) is { } index ? list[index] : throw new JsonPatchException(failed + IndexError(key));
        }

        private static JsonNode? Take(JsonNode container, string key, string failed)
        {
            if (container is JsonObject map)
            {
                if (!map.TryGetPropertyValue(key, out var value))
                    throw new JsonPatchException(failed + $"Unable to remove nonexistent key: {key}: {Missing}");
                map.Remove(key);
                return value;
            }

            var list = (JsonArray)container;
            if (Index(list, key) is not { } index)
                throw new JsonPatchException(failed + IndexError(key));
            var item = list[index];
            list.RemoveAt(index);
            return item;
        }

        private static string IndexError(string key) =>
            int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) ? InvalidIndex(index) : NotANumber(key);

        private static string InvalidIndex(int index) => $"Unable to access invalid index: {index}: invalid index referenced";

        private static string NotANumber(string key) => $"strconv.Atoi: parsing {GoText.Quote(key)}: invalid syntax";

        // Numbers and strings are compared as written: 1 and 1.0 differ for the library.
        private static bool Equal(JsonNode? a, JsonNode? b) => (a, b) switch
        {
            (null, null) => true,
            (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(p => y.TryGetPropertyValue(p.Key, out var other) && Equal(p.Value, other)),
            (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(p => Equal(p.First, p.Second)),
            (JsonValue x, JsonValue y) => x.GetValueKind() == y.GetValueKind() && (x.GetValueKind() == JsonValueKind.String ? x.GetValue<string>() == y.GetValue<string>() : x.ToJsonString() == y.ToJsonString()),
            _ => false,
        };
    }
}
