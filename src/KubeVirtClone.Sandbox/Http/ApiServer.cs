using System.Net;
using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.Resources;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>The HTTPS front of the machinery: authentication, authorization, faults, routing.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private static readonly string[] HealthPaths = ["/healthz", "/livez", "/readyz"];

    private readonly ApiMachinery _api;
    private readonly Profile _profile;
    private readonly FaultPlan _faults;
    private readonly Authenticator _authenticator;
    private readonly Authorizer _authorizer;
    private readonly AccessReviews _reviews;
    private readonly ReadHandler _reads;
    private readonly WatchHandler _watches;
    private readonly WriteHandler _writes;
    private readonly AdmissionPace? _pace;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();
    private Discovery? _discovery;
    private OpenApi? _openApi;

    public ApiServer(
        ApiMachinery api, Profile profile, FaultPlan faults, IReadOnlyList<SandboxUser> users, Certificates certificates, int port, AdmissionPace? pace = null)
    {
        _pace = pace;
        _api = api;
        _profile = profile;
        _faults = faults;
        _authenticator = new Authenticator(users);
        _authorizer = new Authorizer(api, users);
        _reviews = new AccessReviews(_authorizer);
        _reads = new ReadHandler(api);
        _watches = new WatchHandler(api);
        _writes = new WriteHandler(api, _reads);
        Subresources = new SubresourceApi(profile.KubeVirtVersion);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = certificates.Server;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => certificates.Accepts(certificate);
                });
            });
        });
        _app = builder.Build();
        _app.Run(Handle);
    }

    /// <summary>Where it listens; known once started.</summary>
    public Uri Address { get; private set; } = new("https://127.0.0.1");

    public SubresourceApi Subresources { get; }

    public async Task Start(CancellationToken ct)
    {
        await _app.StartAsync(ct);
        Address = new Uri(_app.Urls.First());
        _discovery = new Discovery(_api.Types, Address.Authority);
        _openApi = new OpenApi(_api.Types, _profile);
    }

    public async ValueTask DisposeAsync()
    {
        // Ends watches, which would otherwise hold the server until their time limit.
        await _stopping.CancelAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
        _authorizer.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Answers one request; also used without a connection.</summary>
    internal async Task Handle(HttpContext http)
    {
        http.Response.Headers["Audit-Id"] = Guid.NewGuid().ToString();
        http.Response.Headers.CacheControl = "no-cache, private";
        using var aborted = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping.Token);
        var call = new ApiCall { Http = http, Path = ApiPath.Parse(http.Request), User = new CallUser("", []), Aborted = aborted.Token };
        try
        {
            call.User = Authenticator.Impersonate(http, _authenticator.Authenticate(http), _authorizer);
            await Dispatch(call);
        }
        catch (ApiException refusal) when (!http.Response.HasStarted)
        {
            await Answer.Refusal(call, refusal);
        }
        catch (OperationCanceledException) when (call.Aborted.IsCancellationRequested)
        {
            // The client has gone, a fault has broken the connection, or the server is stopping.
        }
        catch (IOException) when (call.Aborted.IsCancellationRequested)
        {
            // As above, noticed while writing.
        }
    }

    private async Task Dispatch(ApiCall call)
    {
        var path = call.Path;
        if (!path.IsResource)
        {
            await Meta(call);
            return;
        }

        byte[] body = path.Verb is "create" or "update" or "patch" or "delete" or "deletecollection" && path.Group != SubresourceApi.Group
            ? await RequestBody.Read(call)
            : [];
        if (!_faults.IsEmpty && !await Faulty(call, body))
            return;
        if (!_authorizer.Allows(call.User, path))
            throw Authorizer.Forbidden(call.User, path);
        if (path.Group == SubresourceApi.Group && path.Version is "v1" or "v1alpha3")
        {
            await Subresources.Handle(call);
            return;
        }

        if (path is { Verb: "create", Name: "" } && path.Group is "authorization.k8s.io" or "authentication.k8s.io"
            && _reviews.Answer(call, RequestBody.Object(call, body, path.Resource, [])) is { } review)
        {
            await Answer.Json(call, 201, review);
            return;
        }

        call.Type = _api.FindType(path.Group, path.Resource) is { } type && type.Versions.Contains(path.Version) ? type : null;
        if (call.Type is null || !Fits(call.Type, path))
        {
            await Answer.NoSuchPage(call);
            return;
        }

        if (_pace is not null && path is { Verb: "create", Group: "cdi.kubevirt.io", Resource: "datavolumes" } && AdmissionPace.Crosses(Parsed(body), path.Namespace))
            await Task.Delay(_pace.Next(), call.Aborted);
        await Serve(call, body);
    }

    private Task Serve(ApiCall call, byte[] body)
    {
        var path = call.Path;
        var named = path.Name.Length > 0;
        return path.Verb switch
        {
            "get" => _reads.Get(call),
            "list" => _reads.List(call),
            "watch" => _watches.Watch(call),
            "create" when !named => _writes.Create(call, body),
            "update" when named => _writes.Update(call, body),
            "patch" when named => _writes.Patch(call, body),
            "delete" when path.Subresource.Length == 0 => _writes.Delete(call, body),
            "deletecollection" when call.Type is not { Group: "", Plural: "namespaces" } => _writes.DeleteCollection(call, body),
            _ => throw new ApiException(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []),
        };
    }

    // Writing a namespaced resource without a namespace, or a subresource that is not served, is no route at all.
    private static bool Fits(ResourceType type, ApiPath path)
    {
        if (path.Subresource.Length > 0 && !(path.Subresource == "status" && type.HasStatus))
            return false;
        if (!type.Namespaced)
            return path.Namespace is null;
        return path.Namespace is not null || (path.Name.Length == 0 && path.Verb is "list" or "watch");
    }

    private async Task Meta(ApiCall call)
    {
        var path = call.Http.Request.Path.Value ?? "/";
        if (path == FaultEndpoint.Root || path.StartsWith(FaultEndpoint.Root + "/", StringComparison.Ordinal))
        {
            if (!call.User.IsAdmin)
                throw Authorizer.ForbiddenPath(call.User, call.Path.Verb, path);
            await FaultEndpoint.Handle(call, _faults);
            return;
        }

        if (!Authorizer.AllowsPath(call.User, path))
            throw Authorizer.ForbiddenPath(call.User, call.Path.Verb, path);
        if (path == "/version")
        {
            await Answer.Json(call, 200, (JsonObject)_profile.KubernetesVersion.DeepClone());
        }
        else if (HealthPaths.Any(h => path == h || path.StartsWith(h + "/", StringComparison.Ordinal)))
        {
            await Answer.Text(call, 200, "ok");
        }
        else if (_openApi!.Find(path, call.Http.Request.Headers.Accept.ToString()) is { } document)
        {
            await Answer.Bytes(call, 200, document.Body, document.ContentType);
        }
        else if (_discovery!.Find(path, call.Http.Request.Headers.Accept.ToString()) is { } found)
        {
            if (found.MediaType != Discovery.PlainType)
                call.Http.Response.Headers.CacheControl = "public";
            await Answer.Bytes(call, 200, JsonTree.Utf8(found.Body), found.MediaType);
        }
        else
        {
            await Answer.NoSuchPage(call);
        }
    }

    /// <summary>Lets a fault strike; false when it has answered (or will never answer) in the handler's place.</summary>
    private async Task<bool> Faulty(ApiCall call, byte[] body)
    {
        var path = call.Path;
        var name = path.Name.Length > 0 || path.Verb != "create" ? path.Name : NameIn(body);
        if (_faults.Request(path, name) is not { } fault)
            return true;
        var type = _api.FindType(path.Group, path.Resource);
        switch (fault.Kind)
        {
            case FaultKind.Latency:
                await Task.Delay(fault.Latency, call.Aborted);
                return true;
            case FaultKind.Unauthorized:
                throw Authenticator.Unauthorized();
            case FaultKind.Conflict when type is not null:
                throw ApiException.Stale(type, name);
            case FaultKind.Gone when path.Verb != "watch":
                throw new ApiException(410, "Expired", "The provided continue parameter is too old to display a consistent list result.");
            case FaultKind.TooManyRequests:
                throw new ApiException(
                    429, "TooManyRequests", "Too many requests, please try again later.", Retry(fault), RetryAfter(fault));
            case FaultKind.InternalError:
                throw ApiException.InternalError("etcdserver: request timed out");
            case FaultKind.ServiceUnavailable:
                throw new ApiException(
                    503, "ServiceUnavailable", "the server is currently unable to handle the request", Retry(fault), RetryAfter(fault));
            case FaultKind.Hang when path.Verb != "watch":
                await Task.Delay(Timeout.Infinite, call.Aborted);
                return false;
            default:
                // Struck while answering.
                call.Fault = fault;
                return true;
        }
    }

    private static JsonObject Retry(Fault fault) =>
        fault.RetryAfterSeconds > 0 ? new JsonObject { ["retryAfterSeconds"] = fault.RetryAfterSeconds } : [];

    private static int? RetryAfter(Fault fault) => fault.RetryAfterSeconds > 0 ? fault.RetryAfterSeconds : null;

    private static string NameIn(byte[] body) => Parsed(body).TextAt("metadata", "name") ?? "";

    // Null for what is no JSON, which is refused later.
    private static JsonNode? Parsed(byte[] body)
    {
        try
        {
            return GoJson.Parse(body);
        }
        catch (GoJsonException)
        {
            return null;
        }
    }
}
