using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Session;

namespace KubeVirtClone.PowerShell.Tests;

/// <summary>A connection in use is never closed under its user.</summary>
public sealed class SharedConnectionTests : IAsyncDisposable
{
    private static readonly ResourceKind Thing = new("example.io", "v1", "things", "Thing");
    private readonly KubeVirtCluster _cluster = new(KubernetesClientFactory.Create(new ClusterConfiguration { Server = new Uri("http://127.0.0.1:9") }));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_retired_connection_is_closed_with_its_last_use()
    {
        var shared = new SharedConnection(_cluster, "before");
        var first = shared.Use();
        var second = shared.Use();

        await shared.RetireAsync();
        await first.DisposeAsync();
        (await IsClosedAsync()).ShouldBeFalse();

        await second.DisposeAsync();
        (await IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Ending_a_use_twice_ends_it_once()
    {
        var shared = new SharedConnection(_cluster, "before");
        var first = shared.Use();
        var second = shared.Use();

        await first.DisposeAsync();
        await first.DisposeAsync();
        await shared.RetireAsync();

        (await IsClosedAsync()).ShouldBeFalse();
        await second.DisposeAsync();
        (await IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task An_idle_connection_stays_open_until_it_is_retired()
    {
        var shared = new SharedConnection(_cluster, "before");
        await shared.Use().DisposeAsync();
        (await IsClosedAsync()).ShouldBeFalse();

        await shared.RetireAsync();

        (await IsClosedAsync()).ShouldBeTrue();
        Should.Throw<ObjectDisposedException>(() => shared.Use());
    }

    [Fact]
    public async Task A_rewritten_kubeconfig_or_a_new_connect_opens_another_and_leaves_the_one_in_use()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "config");
            await File.WriteAllTextAsync(path, Config("http://127.0.0.1:9"));
            var session = new KubeVirtSession();
            var settings = new ConnectionSettings { KubeConfig = path };
            var waiting = await session.OpenAsync(settings, CancellationToken.None);

            await File.WriteAllTextAsync(path, Config("http://127.0.0.1:99"));
            var rewritten = await session.OpenAsync(settings, CancellationToken.None);
            await session.CloseAsync(settings);
            var connected = await session.OpenAsync(settings, CancellationToken.None);
            await session.CloseAsync();

            new[] { waiting.Cluster, rewritten.Cluster, connected.Cluster }.Distinct().Count().ShouldBe(3);
            rewritten.Cluster.Client.Configuration.Server.Port.ShouldBe(99);
            foreach (var use in new[] { waiting, rewritten, connected })
            {
                (await IsClosedAsync(use.Cluster)).ShouldBeFalse();
                await use.DisposeAsync();
                (await IsClosedAsync(use.Cluster)).ShouldBeTrue();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Config(string server) => $$$"""
        {"current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],"clusters":[{"name":"c","cluster":{"server":"{{{server}}}"}}]}
        """;

    private Task<bool> IsClosedAsync() => IsClosedAsync(_cluster);

    /// <summary>An open connection finds that nothing listens there; a closed one does not look.</summary>
    private static async Task<bool> IsClosedAsync(KubeVirtCluster cluster)
    {
        var error = await Should.ThrowAsync<Exception>(() => cluster.Client.GetAsync(Thing, "ns", "a", CancellationToken.None));
        return error is ObjectDisposedException ? true : error is ApiServerUnreachableException ? false : throw error;
    }
}
