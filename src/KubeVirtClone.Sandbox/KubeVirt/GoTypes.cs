using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>One field of a Go struct as its JSON shows it.</summary>
/// <param name="Name">Name in JSON.</param>
/// <param name="Type">Type in the notation of the type table.</param>
/// <param name="OmitEmpty">Whether Go leaves the field out when it is empty.</param>
internal sealed record GoField(string Name, string Type, bool OmitEmpty)
{
    /// <summary>Whether the value stands behind a pointer, so that an empty one is told from an absent one.</summary>
    public bool IsPointer => Type.StartsWith('*');

    /// <summary>The type without the pointer.</summary>
    public string Bare => Type.TrimStart('*');
}

/// <summary>
/// JSON as it passes through Go's types: what does not fit is an error in Go's words, unknown fields vanish, empty optional fields are
/// not written again, and others are written with their zero values.
/// </summary>
internal static class GoTypes
{
    private const string MapPrefix = "map[string]";
    private static readonly FrozenDictionary<string, IReadOnlyList<GoField>> Structs = Load(out Packages);
    private static readonly FrozenDictionary<string, string> Packages;

    /// <summary>The fields of a struct in Go's order; null for a type that is none.</summary>
    public static IReadOnlyList<GoField>? Fields(string type) => Structs.GetValueOrDefault(type);

    /// <summary>The type of what is inside a list or map; null for any other type.</summary>
    public static string? Element(string type) => type.StartsWith("[]", StringComparison.Ordinal) ? type[2..]
        : type.StartsWith(MapPrefix, StringComparison.Ordinal) ? type[MapPrefix.Length..] : null;

    /// <summary>What Go says of the first value that does not fit its type; null when all fit.</summary>
    /// <param name="node">The value.</param>
    /// <param name="type">Its type.</param>
    /// <param name="path">Where it stands, for the message.</param>
    /// <param name="structAt">What the message names as the struct, by path; null for the struct the value stands in.</param>
    public static string? Error(JsonNode? node, string type, string path, Func<string, string>? structAt = null) => Error(node, type, path, structAt, "");

    private static string? Error(JsonNode? node, string type, string path, Func<string, string>? structAt, string inside)
    {
        type = type.TrimStart('*');
        if (node is null)
            return null;
        if (type is "Quantity" or "IntOrString" or "Time" or "Duration" or "FieldsV1")
            return type == "Quantity" && !IsQuantity(node) ? "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" : null;
        var name = Shown(type);
        var kind = node.GetValueKind();
        if (Structs.TryGetValue(type, out var fields))
        {
            if (node is not JsonObject map)
                return Mismatch(name);
            foreach (var (key, value) in map)
            {
                if (fields.FirstOrDefault(f => f.Name == key) is { } field && Error(value, field.Type, path.Length == 0 ? key : path + "." + key, structAt, type) is { } wrong)
                    return wrong;
            }

            return null;
        }

        if (Element(type) is { } element)
        {
            if (type[0] == '[' ? node is not JsonArray : node is not JsonObject)
                return Mismatch(name);
            var values = node is JsonArray list ? list.AsEnumerable() : ((JsonObject)node).Select(p => p.Value);
            return values.Select(v => Error(v, element, path, structAt, inside)).FirstOrDefault(e => e is not null);
        }

        var right = Basic(type) switch
        {
            "string" => kind == JsonValueKind.String,
            "bool" => kind is JsonValueKind.True or JsonValueKind.False,
            var number => kind == JsonValueKind.Number && Fits(node.ToJsonString(), number),
        };
        return right ? null : Mismatch(name);

        string Mismatch(string wanted)
        {
            var isNumber = Basic(type) is not ("string" or "bool") && Element(type) is null && !Structs.ContainsKey(type);
            var given = kind == JsonValueKind.Number ? isNumber ? "number " + node.ToJsonString() : "number" : JsonAccess.GoKind(node);
            return $"json: cannot unmarshal {given} into Go struct field {structAt?.Invoke(path) ?? (inside.Length > 0 ? inside : type)}.{path} of type {wanted}";
        }
    }

    /// <summary>The value as Go writes it again; null when it is left out.</summary>
    public static JsonNode? Write(JsonNode? node, string type)
    {
        var bare = type.TrimStart('*');
        if (Structs.TryGetValue(bare, out var fields))
        {
            if (node is null && type != bare)
                return null;
            var written = new JsonObject();
            foreach (var field in fields)
            {
                if (Write(node.At(field.Name), field) is { } value)
                    written[field.Name] = value;
            }

            return written;
        }

        if (Element(bare) is { } element)
        {
            return node switch
            {
                JsonArray list => new JsonArray([.. list.Select(i => Write(i, element))]),
                JsonObject map => new JsonObject(map.Select(p => new KeyValuePair<string, JsonNode?>(p.Key, p.Value is null ? Zero(element) : Write(p.Value, element)))),
                _ => null,
            };
        }

        return bare == "Quantity" && node is not null ? Amount.Parse(node.AsText() ?? node.ToJsonString()).ToString() : node.Copy();
    }

    private static JsonNode? Write(JsonNode? node, GoField field)
    {
        if (node is null)
        {
            // Structs are always written, "omitempty" or not; a nil pointer, list or map becomes null, which the server drops.
            if (field.IsPointer || Element(field.Bare) is not null)
                return null;
            return Structs.ContainsKey(field.Bare) ? Write(null, field.Bare) : field.OmitEmpty ? null : Zero(field.Bare);
        }

        var written = Write(node, field.Type);
        return field.OmitEmpty && !field.IsPointer && IsEmpty(written) && !Structs.ContainsKey(field.Bare) ? null : written;
    }

    private static bool IsEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject map => map.Count == 0,
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>().Length == 0,
            JsonValueKind.False => true,
            JsonValueKind.Number => value.ToJsonString() is "0",
            _ => false,
        },
        _ => false,
    };

    private static JsonNode? Zero(string type) => type switch
    {
        "Quantity" => "0",
        "IntOrString" => 0,
        "Time" or "FieldsV1" => null,
        _ => Basic(type) switch { "string" => "", "bool" => false, _ => Element(type) is not null || Structs.ContainsKey(type) ? null : 0 },
    };

    // "v1.RunStrategy=string": a name of its own for a basic type.
    private static string Basic(string type) => type.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? type[(equals + 1)..] : type == "types.UID" ? "string" : type;

    private static string Shown(string type)
    {
        if (type.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0)
            return type[..equals];
        if (type.StartsWith("[]", StringComparison.Ordinal))
            return "[]" + Shown(type[2..]);
        if (type.StartsWith(MapPrefix, StringComparison.Ordinal))
            return MapPrefix + Shown(type[MapPrefix.Length..]);
        if (!Structs.ContainsKey(type))
            return type;
        return type.Split('~') is [var name, var package] ? (package == "cdiv1" ? "v1beta1." : "v1.") + name : Packages.GetValueOrDefault(type, "v1") + "." + type;
    }

    private static bool Fits(string text, string type) => type switch
    {
        "uint32" => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "uint" or "uint64" => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "int32" => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        "int" or "int64" => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        _ => true,
    };

    private static bool IsQuantity(JsonNode node) => node.GetValueKind() == JsonValueKind.Number
        || (node.AsText() is { Length: > 0 } text && text.TrimStart('+', '-') is [>= '0' and <= '9' or '.', ..] && QuantityTail(text));

    private static bool QuantityTail(string text)
    {
        var rest = text.TrimStart('+', '-').TrimStart('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.');
        return rest is "" or "n" or "u" or "m" or "k" or "M" or "G" or "T" or "P" or "E" or "Ki" or "Mi" or "Gi" or "Ti" or "Pi" or "Ei"
            || (rest[0] is 'e' or 'E' && int.TryParse(rest[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
    }

    private static FrozenDictionary<string, IReadOnlyList<GoField>> Load(out FrozenDictionary<string, string> packages)
    {
        var rows = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in (ReadOnlySpan<string>)["types:VirtualMachine", "types:VirtualMachineClone"])
        {
            using var reader = new StreamReader(typeof(GoTypes).Assembly.GetManifestResourceStream(table)!);
            var current = "";
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith(" @", StringComparison.Ordinal))
                    named[current] = line[2..];
                else if (line.StartsWith(' '))
                    rows[current].Add(line[1..]);
                else if (!line.StartsWith('#'))
                    rows[current = line] = [];
            }
        }

        packages = named.ToFrozenDictionary(StringComparer.Ordinal);
        return rows.ToFrozenDictionary(r => r.Key, r => (IReadOnlyList<GoField>)[.. Read(r.Key)], StringComparer.Ordinal);

        IEnumerable<GoField> Read(string name) => rows[name].SelectMany(row =>
        {
            if (row.StartsWith('+'))
                return Read(row[1..]);
            var type = row[(row.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            return [new GoField(row.Split(' ')[0], type.TrimStart('?'), type.StartsWith('?'))];
        });
    }
}
