using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Against a server where the caller may do everything and the group "viewers" may read.</summary>
public sealed class ImpersonationTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    public async Task The_callers_own_rights_are_never_used_whatever_the_line(bool isTls, int groups)
    {
        using var certificate = _authority.ServerCertificate();
        await using var server = await StartAsync(isTls ? certificate : null);
        await using var client = Client(server, new Impersonation("ann", [.. Enumerable.Range(1, groups - 1).Select(i => $"g{i}"), "viewers"]));

        await client.GetAsync(Sample.Thing, "ns", "a", None);
        var error = await Should.ThrowAsync<ApiStatusException>(() => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));

        error.IsForbidden.ShouldBeTrue();
        server.Requests.ShouldAllBe(request => request.Headers["Impersonate-User"] == "ann");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hundreds_of_groups_arrive_one_a_line(bool isTls)
    {
        using var certificate = _authority.ServerCertificate();
        await using var server = await StartAsync(isTls ? certificate : null);
        string[] groups = [.. Enumerable.Range(0, 80).Select(i => $"a group with a long name, the one with number {i:000} of all of them"), "viewers"];
        await using var client = Client(server, new Impersonation("ann", groups));

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Headers["Impersonate-Group"].ShouldBe(string.Join(',', groups));
    }

    [Fact]
    public async Task A_value_that_would_begin_another_header_is_refused()
    {
        await using var server = await StartAsync(null);

        var error = await Should.ThrowAsync<KubeConfigException>(async () =>
        {
            await using var client = Client(server, new Impersonation("ann\r\nAuthorization: x", []));
            await client.GetAsync(Sample.Thing, "ns", "a", None);
        });

        error.Message.ShouldContain("Impersonate-User");
        server.Requests.ShouldBeEmpty();
    }

    private static Task<ScriptedServer> StartAsync(X509Certificate2? certificate) => ScriptedServer.StartAsync(
        (http, seen, _) =>
        {
            var isOneself = !seen.Headers.ContainsKey("Impersonate-User");
            var mayRead = isOneself || seen.Headers.GetValueOrDefault("Impersonate-Group", "").Split(',').Contains("viewers");
            return isOneself || (mayRead && seen.Method == "GET")
                ? Json(Sample.Object("a"))(http, seen)
                : Json(Sample.Status(403, "Forbidden", "not allowed"), 403)(http, seen);
        },
        certificate);

    private IKubernetesClient Client(ScriptedServer server, Impersonation impersonation)
    {
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(_authority.Pem);
        return KubernetesClientFactory.Create(new ClusterConfiguration
        {
            Server = server.Url,
            Trust = new ServerTrust { CertificateAuthorities = bundle },
            Credentials = new ClusterCredentials { Token = "tok", Impersonation = impersonation },
        });
    }
}
