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

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

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
        var shown = JsonSerializer.SerializeToNode(fault, Format)!;
        shown["hits"] = hits;
        return shown;
    }

    private static List<Fault> Parse(byte[] body)
    {
        try
        {
            var faults = body is [(byte)'[', ..] ? JsonSerializer.Deserialize<List<Fault>>(body, Format)! : [JsonSerializer.Deserialize<Fault>(body, Format)!];
            return faults.TrueForAll(f => f.Probability is > 0 and <= 1)
                ? faults
                : throw ApiException.BadRequest("probability must be above 0 and at most 1");
        }
        catch (JsonException e)
        {
            throw ApiException.BadRequest("not a fault: " + e.Message);
        }
    }
}
