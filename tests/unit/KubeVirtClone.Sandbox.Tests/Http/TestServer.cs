using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Http;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Tests.Http;

/// <summary>The API server alone: no KubeVirt admission, no controllers, so that a test decides every object.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private static readonly RequestInfo Me = RequestInfo.Controller("test");

    private readonly Certificates _certificates = new();
    private readonly ApiServer _server;
    private readonly List<HttpClient> _clients = [];

    private TestServer(IReadOnlyList<Fault> faults, IReadOnlyList<SandboxUser> users)
    {
        Profile = Profile.Load("1.9");
        Api = new ApiMachinery(ResourceCatalog.For(Profile), TimeProvider.System, seed: 1);
        Api.AddAdmission(new BuiltInAdmission(Api));
        BaseObjects.Install(Api, Profile);
        Faults = new FaultPlan(1, faults);
        _server = new ApiServer(
            Api, Profile, Faults, [new SandboxUser { Name = "admin", Token = "admin-token", Groups = ["system:masters"] }, .. users], _certificates, port: 0);
    }

    public ApiMachinery Api { get; }

    public Profile Profile { get; }

    public FaultPlan Faults { get; }

    public HttpClient Admin { get; private set; } = null!;

    public static async Task<TestServer> Start(IReadOnlyList<Fault>? faults = null, IReadOnlyList<SandboxUser>? users = null)
    {
        var server = new TestServer(faults ?? [], users ?? []);
        await server._server.Start(TestContext.Current.CancellationToken);
        server.Admin = server.Client(token: "admin-token");
        return server;
    }

    public HttpClient Client(string? token = null, string? certificateUser = null)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors;
        if (certificateUser is not null)
        {
            var (certificate, key) = _certificates.Client(certificateUser, "system:masters");
            using var pem = X509Certificate2.CreateFromPem(certificate, key);
            handler.SslOptions.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        }

        var client = new HttpClient(handler) { BaseAddress = _server.Address, Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _clients.Add(client);
        return client;
    }

    public void Namespace(string name) =>
        Api.Create(Api.Type("", "namespaces"), null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, Me);

    /// <summary>Stores an object as recorded, but for what the server sets.</summary>
    public JsonObject Put(JsonObject recorded)
    {
        var obj = (JsonObject)recorded.DeepClone();
        var metadata = (JsonObject)obj["metadata"]!;
        foreach (var field in (string[])["uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"])
            metadata.Remove(field);
        var type = Api.TypeOf(obj["apiVersion"]!.GetValue<string>(), obj["kind"]!.GetValue<string>())!;
        var ns = metadata.TextAt("namespace");
        var name = metadata.TextAt("name")!;
        if (Api.Get(type, ns, name) is not null)
        {
            Api.Patch(type, ns, name, PatchType.Merge, JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!, Me);
            Api.Delete(type, ns, name, new DeleteRequest(), Me);
        }

        var made = (JsonObject)Api.Create(type, ns, obj, Me).DeepClone();
        if (obj["status"] is not { } status)
            return made;
        made["status"] = status.DeepClone();
        return Api.Update(type, ns, name, made, Me, "status");
    }

    public async Task<(HttpResponseMessage Response, JsonNode? Body)> Send(
        string method, string path, string? body = null, string contentType = "application/json", HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType));
        var response = await (client ?? Admin).SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response, text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text) : JsonValue.Create(text));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await _server.DisposeAsync();
        _certificates.Dispose();
    }
}
