using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>GET of one object and of lists.</summary>
internal sealed class ReadHandler(ApiMachinery api)
{
    public Task Get(ApiCall call)
    {
        var type = call.Type!;
        var shown = Negotiation.Choose(call);
        var stored = api.GetStored(type, call.Path.Namespace, call.Path.Name) ?? throw ApiException.NotFound(type, call.Path.Name);
        return shown == Representation.Objects
            ? Answer.Bytes(call, 200, stored.Bytes(type.ApiVersion(call.Path.Version)), "application/json")
            : Answer.Json(call, 200, Shown(call, shown, stored.In(type.ApiVersion(call.Path.Version))));
    }

    /// <summary>One object as a client wants it shown; for writes too.</summary>
    public JsonObject Shown(ApiCall call, Representation shown, JsonObject obj)
    {
        if (shown == Representation.Partial)
            return TableWriter.Partial(obj);
        var writer = new TableWriter(call.Type!, api.Clock, call.Query("includeObject"));
        return shown == Representation.Table
            ? writer.Table(new JsonObject { ["resourceVersion"] = obj.TextAt("metadata", "resourceVersion") }, [obj])
            : obj;
    }

    public async Task List(ApiCall call)
    {
        var shown = Negotiation.Choose(call);
        var page = Select(call);
        if (shown == Representation.Objects)
        {
            await WriteObjects(call, page);
            return;
        }

        var apiVersion = call.Type!.ApiVersion(call.Path.Version);
        var objects = page.Items.Select(i => i.In(apiVersion));
        if (shown == Representation.Table)
        {
            var writer = new TableWriter(call.Type!, api.Clock, call.Query("includeObject"));
            await Answer.Json(call, 200, writer.Table(Metadata(page, always: false), objects));
            return;
        }

        await Answer.Json(call, 200, new JsonObject
        {
            ["kind"] = "PartialObjectMetadataList",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = Metadata(page, always: false),
            ["items"] = new JsonArray([.. objects.Select(o => (JsonNode)TableWriter.Partial(o))]),
        });
    }

    /// <summary>The objects a list request asks for.</summary>
    public Page Select(ApiCall call)
    {
        var type = call.Type!;
        var ns = call.Path.Namespace;
        var labels = call.Query("labelSelector") is { Length: > 0 } l ? LabelSelector.Parse(l) : null;
        var fields = call.Query("fieldSelector") is { Length: > 0 } f ? FieldSelector.Parse(f, type) : null;
        var limit = call.Query("limit") is { Length: > 0 } n && int.TryParse(n, CultureInfo.InvariantCulture, out var size) ? size : 0;
        ContinueToken? start = null;
        if (call.Query("continue") is { Length: > 0 } token)
            start = ContinueToken.Parse(token, type.Namespaced && ns is null);
        var (items, revision) = Read(call, type, ns, start);
        var result = new List<StoredObject>();
        var more = 0;
        foreach (var item in items)
        {
            if ((start is not null && !start.Precedes(item)) || (labels is not null && !labels.Matches(item.Object))
                || (fields is not null && !fields.Matches(item.Object)))
            {
                continue;
            }

            if (limit > 0 && result.Count == limit)
                more++;
            else
                result.Add(item);
        }

        var next = more == 0
            ? null
            : new ContinueToken(revision, type.Namespaced && ns is null ? result[^1].Namespace : null, result[^1].Name);
        return new Page(result, revision, next?.ToString() ?? "", labels is null && fields is null && more > 0 ? more : null);
    }

    private (List<StoredObject> Items, long Revision) Read(ApiCall call, ResourceType type, string? ns, ContinueToken? start)
    {
        if (start is not null)
            return Continue(type, ns, start);
        var text = call.Query("resourceVersion");
        var match = call.Query("resourceVersionMatch");
        if (text.Length == 0 || text == "0")
            return api.Snapshot(type, ns);
        if (!long.TryParse(text, CultureInfo.InvariantCulture, out var wanted))
            throw ApiException.BadRequest($"Invalid value: \"{text}\": invalid resource version");
        var current = api.ResourceVersion;
        if (wanted > current)
            throw TooLarge(wanted, current);
        return match == "Exact" || (match.Length == 0 && call.Query("limit").Length > 0) ? api.Snapshot(type, ns, wanted) : api.Snapshot(type, ns);
    }

    private (List<StoredObject> Items, long Revision) Continue(ResourceType type, string? ns, ContinueToken start)
    {
        if (start.Revision < 0)
            return api.Snapshot(type, ns);
        try
        {
            return api.Snapshot(type, ns, start.Revision);
        }
        catch (ApiException e) when (e.Code == 410)
        {
            var refusal = new ApiException(
                410,
                "Expired",
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue " +
                "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided " +
                "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was " +
                "returned and now may show up in the list.");
            refusal.Status["metadata"]!["continue"] = (start with { Revision = -1 }).ToString();
            throw refusal;
        }
    }

    private static ApiException TooLarge(long wanted, long current) => new(
        504,
        "Timeout",
        string.Create(CultureInfo.InvariantCulture, $"Timeout: Too large resource version: {wanted}, current: {current}"),
        new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
            ["retryAfterSeconds"] = 1,
        },
        retryAfterSeconds: 1);

    private static async Task WriteObjects(ApiCall call, Page page)
    {
        var type = call.Type!;
        var apiVersion = type.ApiVersion(call.Path.Version);
        string before, after;
        if (type.IsCustom)
        {
            before = $$"""{"apiVersion":"{{apiVersion}}","items":[""";
            after = $$"""],"kind":"{{type.ListKind}}","metadata":{{Metadata(page, always: true).ToJsonString(JsonTree.Compact)}}}""" + "\n";
        }
        else
        {
            before = $$"""{"kind":"{{type.ListKind}}","apiVersion":"{{apiVersion}}","metadata":{{Metadata(page, always: false).ToJsonString(JsonTree.Compact)}},"items":[""";
            after = "]}\n";
        }

        byte[] Item(StoredObject item) => type.IsCustom ? item.Bytes(apiVersion) : item.BareBytes();
        var length = page.Items.Sum(i => (long)Item(i).Length);
        if (call.Fault is not null || length < 64 * 1024)
        {
            using var whole = new MemoryStream();
            whole.Write(Encoding.UTF8.GetBytes(before));
            for (var i = 0; i < page.Items.Count; i++)
            {
                if (i > 0)
                    whole.WriteByte((byte)',');
                whole.Write(Item(page.Items[i]));
            }

            whole.Write(Encoding.UTF8.GetBytes(after));
            await Answer.Bytes(call, 200, whole.ToArray(), "application/json");
            return;
        }

        await using var stream = Answer.Stream(call, "application/json", length);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(before), call.Aborted);
        for (var i = 0; i < page.Items.Count; i++)
        {
            if (i > 0)
                await stream.WriteAsync(","u8.ToArray(), call.Aborted);
            await stream.WriteAsync(Item(page.Items[i]), call.Aborted);
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(after), call.Aborted);
    }

    private static JsonObject Metadata(Page page, bool always)
    {
        var metadata = new JsonObject();
        if (always || page.Continue.Length > 0)
            metadata["continue"] = page.Continue;
        if (page.Remaining is { } remaining)
            metadata["remainingItemCount"] = remaining;
        metadata["resourceVersion"] = page.Revision.ToString(CultureInfo.InvariantCulture);
        return metadata;
    }

    /// <summary>Part of a list.</summary>
    internal sealed record Page(List<StoredObject> Items, long Revision, string Continue, int? Remaining);
}
