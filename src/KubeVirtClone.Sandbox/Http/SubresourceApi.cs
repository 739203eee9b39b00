namespace KubeVirtClone.Sandbox.Http;

/// <summary>Carries out actions of <c>subresources.kubevirt.io</c>, such as starting a virtual machine.</summary>
public interface ISubresourceHandler
{
    /// <summary>Whether it knows an action, such as <c>virtualmachines</c> / <c>start</c>.</summary>
    bool Handles(string resource, string subresource);

    /// <summary>Carries it out.</summary>
    /// <exception cref="ApiException">What a real server would refuse.</exception>
    SubresourceAnswer Handle(SubresourceRequest request);
}

/// <summary>An action asked for.</summary>
/// <param name="Namespace">Namespace of the object.</param>
/// <param name="Resource">Plural name of the object's resource.</param>
/// <param name="Name">Name of the object.</param>
/// <param name="Subresource">The action.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Body">The options sent; empty when there were none.</param>
/// <param name="Info">Who asks.</param>
public sealed record SubresourceRequest(
    string Namespace, string Resource, string Name, string Subresource, string Method, JsonObject Body, RequestInfo Info);

/// <summary>The outcome of an action.</summary>
/// <param name="Code">HTTP status code.</param>
/// <param name="Body">Body; null for an empty one.</param>
public sealed record SubresourceAnswer(int Code, JsonNode? Body = null);

/// <summary>The routes below <c>/apis/subresources.kubevirt.io</c>.</summary>
internal sealed class SubresourceApi(JsonObject version)
{
    public const string Group = "subresources.kubevirt.io";

    /// <summary>Names in discovery, in a real server's order. Only those with a handler do anything here.</summary>
    public static readonly string[] Discovered =
    [
        "expand-vm-spec",
        .. Each("virtualmachineinstances", "vnc", "vnc/screenshot", "console", "portforward", "backup", "redefine-checkpoint", "pause", "unpause", "freeze", "unfreeze", "reset", "softreboot"),
        .. Each("virtualmachines", "start", "stop", "restart", "migrate", "expand-spec", "objectgraph", "evacuate/cancel"),
        .. Each("virtualmachineinstances", "guestosinfo", "userlist", "filesystemlist", "addvolume", "removevolume", "objectgraph", "sev/fetchcertchain", "sev/querylaunchmeasurement", "sev/setupsession", "sev/injectlaunchsecret", "evacuate/cancel"),
    ];

    private readonly List<ISubresourceHandler> _handlers = [];

    public void Add(ISubresourceHandler handler) => _handlers.Add(handler);

    public async Task Handle(ApiCall call)
    {
        if (call.Path is { Resource: "version", Name: "" } && call.Http.Request.Method == "GET")
        {
            await Answer.Json(call, 200, version);
            return;
        }

        var handler = _handlers.Find(h => h.Handles(call.Path.Resource, call.Path.Subresource));
        if (handler is null || call.Path.Namespace is null)
        {
            await Answer.NoSuchPage(call);
            return;
        }

        // KubeVirt's routes declare no representation, so its router refuses every Accept but */*.
        var accept = call.Http.Request.Headers.Accept.ToString();
        if (accept.Length > 0 && !accept.Contains("*/*", StringComparison.Ordinal))
        {
            await Answer.Text(call, 406, "406: Not Acceptable\n\nAvailable representations: ");
            return;
        }

        var body = await RequestBody.Read(call);
        JsonObject options;
        try
        {
            options = body.Length == 0 ? [] : GoJson.Parse(body) as JsonObject ?? [];
        }
        catch (GoJsonException e)
        {
            throw ApiException.BadRequest($"Can not unmarshal Request body to struct, error: {e.Message}");
        }

        var info = new RequestInfo(call.User.Name, call.User.Groups, DryRun: options.TextsAt("dryRun").Contains("All"));
        var result = handler.Handle(new SubresourceRequest(
            call.Path.Namespace, call.Path.Resource, call.Path.Name, call.Path.Subresource, call.Http.Request.Method, options, info));
        if (result.Body is null)
            await Answer.Bytes(call, result.Code, [], null);
        else
            await Answer.Json(call, result.Code, result.Body);
    }

    private static IEnumerable<string> Each(string resource, params string[] actions) => actions.Select(a => resource + "/" + a);
}
