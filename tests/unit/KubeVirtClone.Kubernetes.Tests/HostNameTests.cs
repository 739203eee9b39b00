using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>A certificate for another name is refused, whoever issued it, on every way to the server. The official client's own check takes it.</summary>
public sealed class HostNameTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("api.internal", null, false)]
    [InlineData("api.internal", null, true)]
    [InlineData("api.internal", "other.internal", false)]
    [InlineData("api.internal", "other.internal", true)]
    [InlineData("localhost", "other.internal", false)]
    [InlineData("localhost", "other.internal", true)]
    public async Task A_name_that_does_not_match_is_refused(string certified, string? serverName, bool isProxied)
    {
        using var proxy = new TunnelProxy();
        using var certificate = _authority.ServerCertificate(certified);
        await using var server = await ScriptedServer.StartAsync((http, seen, _) => Json(Sample.Object("a"))(http, seen), certificate);
        await using var client = KubernetesClientFactory.Create(Cluster(server, serverName, isProxied ? proxy : null));

        foreach (var request in new Func<Task>[]
        {
            () => client.GetAsync(Sample.Thing, "ns", "a", None),
            () => client.ListAsync(Sample.Thing, "ns", options: null, None).GetAsyncEnumerator(None).MoveNextAsync().AsTask(),
            () => k8s.CoreV1OperationsExtensions.ReadNamespacedSecretAsync(client.Core.CoreV1, "s", "ns", cancellationToken: None),
        })
        {
            var error = await Should.ThrowAsync<ApiServerTlsException>(request);
            error.Reason.ShouldBe(TlsFailureReason.NameMismatch);
            error.Message.ShouldContain($"not for '{serverName ?? "localhost"}' but for '{certified}'");
        }

        server.Requests.ShouldBeEmpty();
    }

    private ClusterConfiguration Cluster(ScriptedServer server, string? serverName, TunnelProxy? proxy)
    {
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(_authority.Pem);
        return new ClusterConfiguration
        {
            Server = server.Url,
            Proxy = proxy is null ? null : new Uri($"http://127.0.0.1:{proxy.Port}"),
            Trust = new ServerTrust { CertificateAuthorities = bundle, ServerName = serverName },
        };
    }
}
