using System.Text;
using YamlDotNet.Core;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>POST, PUT, PATCH and DELETE.</summary>
internal sealed class WriteHandler(ApiMachinery api, ReadHandler reads)
{
    public async Task Create(ApiCall call, byte[] body)
    {
        var type = call.Type!;
        var shown = Negotiation.Choose(call);
        var who = Options(call, "CreateOptions", out var duplicates);
        var obj = Decoded(call, body, duplicates);
        try
        {
            await Reply(call, 201, shown, api.Create(type, call.Path.Namespace, obj, who), who);
        }
        catch (ApiException) when (!call.Http.Response.HasStarted)
        {
            // What the body was warned of is said with a refusal, too.
            Answer.Warn(call, who.Warnings);
            throw;
        }
    }

    public async Task Update(ApiCall call, byte[] body)
    {
        var shown = Negotiation.Choose(call);
        var who = Options(call, "UpdateOptions", out var duplicates);
        var obj = Decoded(call, body, duplicates);
        var result = api.Update(call.Type!, call.Path.Namespace, call.Path.Name, obj, who, Subresource(call));
        await Reply(call, 200, shown, result, who);
    }

    public async Task Patch(ApiCall call, byte[] body)
    {
        var type = call.Type!;
        PatchType? patchType = RequestBody.MediaType(call) switch
        {
            "application/json-patch+json" => PatchType.Json,
            "application/merge-patch+json" => PatchType.Merge,
            "application/strategic-merge-patch+json" when !type.IsCustom => PatchType.StrategicMerge,
            "application/apply-patch+yaml" => PatchType.Apply,
            _ => null,
        };
        if (patchType is null)
            throw Patching.UnsupportedMediaType(type);
        var shown = Negotiation.Choose(call);
        var who = Options(call, "PatchOptions", out var duplicates);
        if (patchType == PatchType.Apply && string.IsNullOrEmpty(call.Query("fieldManager")))
        {
            throw ApiException.Invalid(
                "meta.k8s.io", "PatchOptions", "", [new ApiCause("fieldManager", "FieldValueRequired", "Required value: is required for apply patch")]);
        }

        var (result, created) = api.Patch(
            type,
            call.Path.Namespace,
            call.Path.Name,
            patchType.Value,
            PatchBody(patchType.Value, body, duplicates),
            call.Path.Version,
            who,
            Subresource(call));
        await Reply(call, created ? 201 : 200, shown, result, who);
    }

    public async Task Delete(ApiCall call, byte[] body)
    {
        var (request, who) = DeleteOptions(call, body);
        var result = api.Delete(call.Type!, call.Path.Namespace, call.Path.Name, request, who);
        if (result.TextAt("kind") != "Status")
            result = InRequestedVersion(call, result);
        await Answer.Json(call, 200, result);
    }

    public async Task DeleteCollection(ApiCall call, byte[] body)
    {
        var type = call.Type!;
        var (request, who) = DeleteOptions(call, body);
        var page = reads.Select(call);
        foreach (var item in page.Items)
        {
            try
            {
                api.Delete(type, item.Namespace, item.Name, request, who);
            }
            catch (ApiException e) when (e.Code == 404)
            {
                // Went with one deleted before it.
            }
        }

        var apiVersion = type.ApiVersion(call.Path.Version);
        await Answer.Json(call, 200, new JsonObject
        {
            ["apiVersion"] = apiVersion,
            ["items"] = new JsonArray([.. page.Items.Select(i => (JsonNode)i.In(apiVersion).DeepClone())]),
            ["kind"] = type.ListKind,
            ["metadata"] = new JsonObject { ["continue"] = "", ["resourceVersion"] = page.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        });
    }

    private static string? Subresource(ApiCall call) => call.Path.Subresource.Length == 0 ? null : call.Path.Subresource;

    private static JsonObject Decoded(ApiCall call, byte[] body, List<string> duplicates)
    {
        var type = call.Type!;
        var obj = RequestBody.Object(call, body, type.Kind, duplicates);
        var kind = obj.TextAt("kind");
        var apiVersion = obj.TextAt("apiVersion");
        if (type.IsCustom && (string.IsNullOrEmpty(kind) || string.IsNullOrEmpty(apiVersion)))
        {
            var missing = string.IsNullOrEmpty(kind) ? "Kind" : "apiVersion";
            throw RequestBody.Unrecognized(type.Kind, $"Object '{missing}' is missing in '{Encoding.UTF8.GetString(body)}'", body);
        }

        var expected = type.ApiVersion(call.Path.Version);
        if (!string.IsNullOrEmpty(apiVersion) && apiVersion != expected)
        {
            throw ApiException.BadRequest(
                $"the API version in the data ({apiVersion}) does not match the expected API version ({expected})");
        }

        if (!string.IsNullOrEmpty(kind) && kind != type.Kind)
        {
            throw ApiException.BadRequest(
                $"{kind} in version \"{call.Path.Version}\" cannot be handled as a {type.Kind}: converting (v1.{kind}) to ({type.Kind}): unknown conversion");
        }

        obj["apiVersion"] = expected;
        obj["kind"] = type.Kind;
        return obj;
    }

    private static JsonNode PatchBody(PatchType patchType, byte[] body, List<string> duplicates)
    {
        try
        {
            var node = patchType == PatchType.Apply && body is not [(byte)'{', ..]
                ? JsonTree.FrozenNode(YamlText.Parse(Encoding.UTF8.GetString(body)))
                : GoJson.Parse(body, duplicates);
            return node switch
            {
                JsonArray list when patchType == PatchType.Json => list,
                JsonObject map when patchType != PatchType.Json => map,
                _ => throw new GoJsonException($"json: cannot unmarshal {JsonAccess.GoKind(node)} into Go value of type {(patchType == PatchType.Json ? "jsonpatch.Patch" : "map[string]interface {}")}"),
            };
        }
        catch (GoJsonException e)
        {
            throw ApiException.BadRequest("error decoding patch: " + e.Message);
        }
        catch (YamlException e)
        {
            throw ApiException.BadRequest("error decoding YAML: " + e.Message);
        }
    }

    private static RequestInfo Options(ApiCall call, string optionsKind, out List<string> duplicates)
    {
        var validation = call.Query("fieldValidation");
        if (validation is not ("" or "Strict" or "Warn" or "Ignore"))
        {
            throw ApiException.Invalid("meta.k8s.io", optionsKind, "", [new ApiCause(
                "fieldValidation", "FieldValueNotSupported", $"Unsupported value: \"{validation}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"")]);
        }

        duplicates = [];
        var manager = call.Query("fieldManager");
        return new RequestInfo(
            call.User.Name,
            call.User.Groups,
            DryRun(optionsKind, [.. call.Http.Request.Query["dryRun"].OfType<string>()]),
            validation.Length == 0 ? "Warn" : validation,
            manager.Length == 0 ? null : manager)
        {
            Force = call.Query("force") is "true" or "1",
            DuplicateFields = duplicates,
        };
    }

    private static bool DryRun(string optionsKind, string[] values)
    {
        if (values.Any(v => v != "All"))
        {
            var list = string.Join(",", values.Select(v => $"\"{v}\""));
            throw ApiException.Invalid("meta.k8s.io", optionsKind, "", [new ApiCause(
                "dryRun", "FieldValueNotSupported", $"Unsupported value: [{list}]: supported values: \"All\"")]);
        }

        return values.Length > 0;
    }

    private static (DeleteRequest Request, RequestInfo Who) DeleteOptions(ApiCall call, byte[] body)
    {
        JsonObject options = [];
        if (body.Length > 0)
            options = RequestBody.Object(call, body, "DeleteOptions", []);
        var policy = options.TextAt("propagationPolicy");
        if (policy is null && call.Query("propagationPolicy") is { Length: > 0 } asked)
            policy = asked;
        if (policy is null && (options["orphanDependents"]?.GetValue<bool>() ?? false))
            policy = "Orphan";
        if (policy is not (null or "Background" or "Foreground" or "Orphan"))
        {
            throw ApiException.Invalid("meta.k8s.io", "DeleteOptions", "", [new ApiCause(
                "propagationPolicy", "FieldValueNotSupported", $"Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"")]);
        }

        var grace = options["gracePeriodSeconds"]?.GetValue<long>();
        if (grace is null && long.TryParse(call.Query("gracePeriodSeconds"), System.Globalization.CultureInfo.InvariantCulture, out var seconds))
            grace = seconds;
        var request = new DeleteRequest
        {
            PropagationPolicy = policy,
            PreconditionUid = options.TextAt("preconditions", "uid"),
            PreconditionResourceVersion = options.TextAt("preconditions", "resourceVersion"),
            GracePeriodSeconds = grace,
        };
        string[] dryRun = [.. options.TextsAt("dryRun"), .. call.Http.Request.Query["dryRun"].OfType<string>()];
        return (request, new RequestInfo(call.User.Name, call.User.Groups, DryRun("DeleteOptions", dryRun)));
    }

    private JsonObject InRequestedVersion(ApiCall call, JsonObject obj)
    {
        var wanted = call.Type!.ApiVersion(call.Path.Version);
        if (obj.TextAt("apiVersion") == wanted)
            return obj;
        var copy = (JsonObject)obj.DeepClone();
        copy["apiVersion"] = wanted;
        return copy;
    }

    private Task Reply(ApiCall call, int code, Representation shown, JsonObject result, RequestInfo who)
    {
        Answer.Warn(call, who.Warnings);
        return Answer.Json(call, code, reads.Shown(call, shown, InRequestedVersion(call, result)));
    }
}
