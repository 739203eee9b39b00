using System.Net.Http.Headers;
using System.Net.Security;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Http;

/// <summary>Recorded requests whose answers come from KubeVirt itself, against a whole sandbox.</summary>
public sealed class RecordedKubeVirtTests : IAsyncLifetime
{
    private static readonly RequestInfo Me = RequestInfo.Controller("test");

    private Sandbox _sandbox = null!;
    private HttpClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        // The recorded cluster had no nodes: no instance ever ran.
        _sandbox = await Sandbox.StartAsync(new SandboxOptions { Seeded = false, Nodes = false }, TestContext.Current.CancellationToken);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors;
        _admin = new HttpClient(handler) { BaseAddress = _sandbox.Server };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _sandbox.Users[0].Token);
        _sandbox.Api.Create(_sandbox.Api.Type("", "namespaces"), null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "rec" } }, Me);
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_machine_without_spec_is_refused_by_the_webhook() =>
        (await Recorded.Replay(_admin, Recorded.Load("errors.json")[4])).ShouldBeEmpty();

    [Fact]
    public async Task Start_stop_and_restart_answer_as_recorded()
    {
        var exchanges = Recorded.Load("subresources.json");
        var machine = (JsonObject)exchanges[9]["response"]!["body"]!.DeepClone();
        machine["metadata"] = new JsonObject { ["name"] = "run-1" };
        machine["spec"]!["runStrategy"] = "Halted";
        var machines = _sandbox.Api.Type("kubevirt.io", "virtualmachines");
        _sandbox.Api.Create(machines, "rec", machine, Me);
        var differences = new List<string>();
        for (var i = 0; i < exchanges.Count; i++)
        {
            if (Recorded.LeftOut.Contains(("subresources.json", i)))
                continue;
            differences.AddRange(await Recorded.Replay(_admin, exchanges[i]));
            if (i == 3)
                await Exists("virtualmachineinstances", "run-1");
        }

        differences.ShouldBeEmpty();
    }

    private async Task Exists(string plural, string name)
    {
        var type = _sandbox.Api.Type("kubevirt.io", plural);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = _sandbox.Api.Subscribe(change =>
        {
            if (change.Resource == type && change.Name == name)
                seen.TrySetResult();
        });
        if (_sandbox.Api.Get(type, "rec", name) is null)
            await seen.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
