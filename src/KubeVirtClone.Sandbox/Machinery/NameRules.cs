using System.Text;
using System.Text.RegularExpressions;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Kubernetes' rules for names, labels and annotations, with the server's own wording.</summary>
internal static partial class NameRules
{
    public const string QualifiedNameMessage =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string SubdomainMessage =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
        @"alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelMessage =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
        "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string LabelValueMessage =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const int AnnotationBytes = 256 * 1024;

    /// <summary>Whether a text may be the name part of a label key.</summary>
    public static bool IsQualifiedName(string name) => name.Length <= 63 && QualifiedName().IsMatch(name);

    /// <summary>Checks metadata of an object about to be stored.</summary>
    public static void Check(ResourceType type, JsonObject obj, List<ApiCause> causes)
    {
        var metadata = obj["metadata"] as JsonObject;
        if (metadata.TextAt("generateName") is { Length: > 0 } beginning)
        {
            foreach (var problem in Problems(Completed(beginning, type.Names), type.Names))
                causes.Add(InvalidValue("metadata.generateName", beginning, problem));
        }

        var name = metadata.TextAt("name") ?? "";
        if (name.Length == 0)
        {
            causes.Add(new ApiCause("metadata.name", "FieldValueRequired", "Required value: name or generateName is required"));
        }
        else
        {
            foreach (var problem in Problems(name, type.Names))
                causes.Add(InvalidValue("metadata.name", name, problem));
        }

        if (metadata?["labels"] is JsonObject labels)
        {
            foreach (var (key, value) in labels)
                CheckLabel(key, JsonTree.FrozenNode(value) is JsonValue v && v.TryGetValue<string>(out var s) ? s : "", causes);
        }

        if (metadata?["annotations"] is JsonObject annotations)
        {
            foreach (var (key, _) in annotations)
                CheckKey("metadata.annotations", key.ToLowerInvariant(), causes);
            if (annotations.Sum(a => (long)Encoding.UTF8.GetByteCount(a.Key) + Encoding.UTF8.GetByteCount(annotations.TextAt(a.Key) ?? "")) > AnnotationBytes)
                causes.Add(new ApiCause("metadata.annotations", "FieldValueTooLong", $"Too long: may not be more than {AnnotationBytes} bytes"));
        }

        if (metadata?["ownerReferences"] is JsonArray owners)
            CheckOwners(owners, causes);
    }

    // A beginning is judged as the name it could become: one that ends in '-' goes on.
    private static string Completed(string beginning, NameRule rule) =>
        rule != NameRule.PathSegment && beginning.Length > 1 && beginning.EndsWith('-') ? beginning[..^2] + "a" : beginning;

    /// <summary>What is wrong with a DNS label.</summary>
    public static IEnumerable<string> LabelProblems(string name) => Problems(name, NameRule.Label);

    /// <summary>What is wrong with a DNS subdomain.</summary>
    public static IEnumerable<string> SubdomainProblems(string name) => Problems(name, NameRule.Subdomain);

    private static IEnumerable<string> Problems(string name, NameRule rule)
    {
        if (rule == NameRule.PathSegment)
        {
            if (name is "." or "..")
                yield return $"may not be '{name}'";
            foreach (var c in "/%")
            {
                if (name.Contains(c, StringComparison.Ordinal))
                    yield return $"may not contain '{c}'";
            }

            yield break;
        }

        var label = rule == NameRule.Label;
        var limit = label ? 63 : 253;
        if (name.Length > limit)
            yield return $"must be no more than {limit} characters";
        if (label ? !Label().IsMatch(name) : !Subdomain().IsMatch(name))
            yield return label ? LabelMessage : SubdomainMessage;
    }

    private static void CheckLabel(string key, string value, List<ApiCause> causes)
    {
        CheckKey("metadata.labels", key, causes);
        if (value.Length > 63)
            causes.Add(InvalidValue("metadata.labels", value, "must be no more than 63 characters"));
        if (value.Length > 0 && !QualifiedName().IsMatch(value))
            causes.Add(InvalidValue("metadata.labels", value, LabelValueMessage));
    }

    private static void CheckKey(string field, string key, List<ApiCause> causes)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = key[(slash + 1)..];
        if (slash == 0)
            causes.Add(InvalidValue(field, key, "prefix part must be non-empty"));
        else if (slash > 0 && !Subdomain().IsMatch(key[..slash]))
            causes.Add(InvalidValue(field, key, "prefix part " + SubdomainMessage));
        if (name.Length == 0)
            causes.Add(InvalidValue(field, key, "name part must be non-empty"));
        else if (name.Length > 63)
            causes.Add(InvalidValue(field, key, "name part must be no more than 63 characters"));
        if (!QualifiedName().IsMatch(name))
            causes.Add(InvalidValue(field, key, QualifiedNameMessage));
    }

    private static void CheckOwners(JsonArray owners, List<ApiCause> causes)
    {
        for (var i = 0; i < owners.Count; i++)
        {
            foreach (var key in (string[])["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owners[i].TextAt(key)))
                {
                    var what = key == "apiVersion" ? "version " : "";
                    causes.Add(new ApiCause("metadata.ownerReferences." + key, "FieldValueInvalid", $"Invalid value: \"\": {what}must not be empty"));
                }
            }
        }

        if (owners.Count(o => o.At("controller") is JsonValue v && v.GetValueKind() == System.Text.Json.JsonValueKind.True) > 1)
        {
            causes.Add(new ApiCause(
                "metadata.ownerReferences", "FieldValueInvalid", "Invalid value: Only one reference can have Controller set to true."));
        }
    }

    private static ApiCause InvalidValue(string field, string value, string problem) =>
        new(field, "FieldValueInvalid", $"Invalid value: \"{value}\": {problem}");

    [GeneratedRegex(
        @"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Label();

    [GeneratedRegex(@"\A([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex QualifiedName();
}
