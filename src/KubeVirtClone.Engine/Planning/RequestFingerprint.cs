using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace KubeVirtClone.Engine.Planning;

/// <summary>A short text that is the same for the same request, in whatever way it is carried out: what exists with it is taken over, what exists with another is an error.</summary>
internal static class RequestFingerprint
{
    // One for each thread, not for each clone.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    [ThreadStatic]
    private static Utf8JsonWriter? _wish;

    /// <param name="asked">The request as the user gave it.</param>
    /// <param name="completed">The same request with its names completed.</param>
    public static string Of(CloneRequest asked, CloneRequest completed)
    {
        // Everything that decides what machine comes out, in a fixed order. A generated address is no part of the wish.
        var text = _text ??= new ArrayBufferWriter<byte>();
        text.ResetWrittenCount();
        var wish = _wish ??= new Utf8JsonWriter(text);
        wish.Reset();
        wish.WriteStartArray();
        wish.WriteStringValue(completed.SourceKind);
        wish.WriteStringValue(completed.SourceName);
        wish.WriteStringValue(completed.TargetName);
        foreach (var field in RequestFields.All)
        {
            if (!field.InFingerprint)
                continue;
            var value = ReferenceEquals(field, RequestFields.VolumeNamePolicy) ? completed.VolumeNamePolicy : asked.Wishes[field];
            // A flag that is not set is the same, said or not.
            if (!field.IsAlwaysInFingerprint && value is false)
                value = null;
            if (!field.IsAlwaysInFingerprint && value is not null)
                wish.WriteStringValue(field.Name);
            if (field.IsAlwaysInFingerprint || value is not null)
                Write(wish, ReferenceEquals(field, RequestFields.NewMacAddress) ? asked.GenerateMacAddresses : value ?? field.UnsetMark);
        }

        wish.WriteEndArray();
        wish.Flush();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text.WrittenSpan, hash);
        return Convert.ToHexString(hash[..8]).ToLowerInvariant();
    }

    /// <summary>Notes on an object which request it is for, and what of.</summary>
    public static void Mark(JsonObject body, string fingerprint, CloneRequest request)
    {
        var metadata = (JsonObject)body["metadata"]!;
        var annotations = metadata["annotations"] as JsonObject;
        if (annotations is null)
            metadata["annotations"] = annotations = new JsonObject();
        annotations[CloneLabels.Request] = fingerprint;
        annotations[CloneLabels.Source] = $"{request.SourceKind}/{request.SourceName}{(request.SourceImage is { } image ? $"/{image.Name}/{image.Version}" : "")}";
        if (request.Origin is { } origin)
            annotations[CloneLabels.Origin] = origin.ToString();
        if (AskedSizes.Write(request.Wishes) is { } asked)
            annotations[CloneLabels.Asked] = asked;
    }

    /// <summary>Notes on an object that KubeVirt makes a clone of which disks are to grow once they are bound.</summary>
    public static void MarkGrowth(JsonObject body, CloneRequest request)
    {
        if (request.DiskSizes is { Count: > 0 } sizes)
            body["metadata"]!["annotations"]![CloneLabels.Grow] = GrowthNote.Write(sizes);
    }

    private static void Write(Utf8JsonWriter wish, object? value)
    {
        switch (value)
        {
            case bool flag:
                wish.WriteBooleanValue(flag);
                break;
            case null or string:
                wish.WriteStringValue(value as string);
                break;
            case IEnumerable<string> list:
                WriteList(wish, list);
                break;
            case IEnumerable<KeyValuePair<string, string>> map:
                wish.WriteStartArray();
                foreach (var (key, text) in map.OrderBy(e => e.Key, StringComparer.Ordinal))
                    WriteList(wish, [key, text]);
                wish.WriteEndArray();
                break;
            default:
                throw new ArgumentException($"Not part of a request: {value.GetType()}", nameof(value));
        }
    }

    private static void WriteList(Utf8JsonWriter wish, IEnumerable<string> texts)
    {
        wish.WriteStartArray();
        foreach (var text in texts)
            wish.WriteStringValue(text);
        wish.WriteEndArray();
    }
}
