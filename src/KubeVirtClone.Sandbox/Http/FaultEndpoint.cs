using System.Text.Json;
using System.Text.Json.Serialization;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>
/// <c>/sandbox/faults</c>: GET lists the rules with their hits, POST adds one rule or an array of them, DELETE removes all,
/// or one by <c>/sandbox/faults/ID</c>. For admins only.
/// </summary>
internal static class FaultEndpoint
{
    public const string Root = "/sandbox/faults";

    public static async Task Handle(ApiCall call, FaultPlan faults)
    {
        var id = call.Http.Request.Path.Value![Root.Length..].Trim('/');
        switch (call.Http.Request.Method)
        {
            case "GET":
                await Answer.Json(call, 200, new JsonArray([.. faults.Rules.Select(r => Shown(r.Fault, r.Hits))]));
                break;
            case "POST":
                var added = Parse(await RequestBody.Read(call)).Select(faults.Add).ToList();
                await Answer.Json(call, 201, new JsonArray([.. added.Select(f => Shown(f, 0))]));
                break;
            case "DELETE" when id.Length == 0:
                faults.Clear();
                await Answer.Bytes(call, 204, [], null);
                break;
            case "DELETE" when faults.Remove(id):
                await Answer.Bytes(call, 204, [], null);
                break;
            default:
                await Answer.NoSuchPage(call);
                break;
        }
    }

    private static JsonNode Shown(Fault fault, int hits)
    {
        var shown = JsonSerializer.SerializeToNode(fault, FaultFormat.Default.Fault)!;
        shown["hits"] = hits;
        return shown;
    }

    private static List<Fault> Parse(byte[] body)
    {
        try
        {
            var given = JsonNode.Parse(body);
            var faults = (given is JsonArray all ? all.ToList() : [given]).ConvertAll(Read);
            return faults.TrueForAll(f => f.Probability is > 0 and <= 1)
                ? faults
                : throw ApiException.BadRequest("probability must be above 0 and at most 1");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw ApiException.BadRequest("not a fault: " + e.Message);
        }
    }

    /// <summary>A fault as it was sent; what it leaves out is as for a new one, which the generated code would take for null.</summary>
    private static Fault Read(JsonNode? given)
    {
        if (given is not JsonObject fields)
            throw new JsonException("it is no object");
        var whole = JsonSerializer.SerializeToNode(new Fault { Kind = default }, FaultFormat.Default.Fault)!.AsObject();
        whole.Remove("kind");
        foreach (var (name, value) in fields)
            whole[whole.Select(field => field.Key).FirstOrDefault(field => field.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name] = value?.DeepClone();
        return whole.Deserialize(FaultFormat.Default.Fault)!;
    }
}

/// <summary>How faults are written, by code made when this is compiled.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Fault))]
internal sealed partial class FaultFormat : JsonSerializerContext;
