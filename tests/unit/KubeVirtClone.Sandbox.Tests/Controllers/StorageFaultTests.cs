using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>Storage that goes wrong, and quotas, as clones meet them.</summary>
public sealed class StorageFaultTests
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);

    private static async Task<Sandbox> StartAsync(params Fault[] faults) => await Sandbox.StartAsync(
        new SandboxOptions { ClockFactor = 50, Pacing = false, Faults = faults }, TestContext.Current.CancellationToken);

    private static JsonObject Make(Sandbox sandbox, string yaml)
    {
        var o = YamlText.Parse(yaml) as JsonObject ?? throw new InvalidOperationException("no object");
        var type = sandbox.Api.TypeOf(o.TextAt("apiVersion")!, o.TextAt("kind")!)!;
        return sandbox.Api.Create(type, "default", o, Admin);
    }

    private static void Snapshot(Sandbox sandbox, string name, string machine = "golden-pvc") => Make(sandbox, $$"""
        apiVersion: snapshot.kubevirt.io/v1beta1
        kind: VirtualMachineSnapshot
        metadata: {name: {{name}}}
        spec: {source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: "{{machine}}" } }
        """);

    private static void Restore(Sandbox sandbox, string snapshot, string target) => Make(sandbox, $$"""
        apiVersion: snapshot.kubevirt.io/v1beta1
        kind: VirtualMachineRestore
        metadata: {name: restore-{{target}}}
        spec: {target: {apiGroup: kubevirt.io, kind: VirtualMachine, name: {{target}}}, virtualMachineSnapshotName: {{snapshot}}}
        """);

    private static JsonObject Claim(Sandbox sandbox, string name, string size = "6Gi", string storage = "fast") => Make(sandbox, $$"""
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: {{name}}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: {{storage}}, resources: {requests: {storage: "{{size}}" } } }
        """);

    private static Task<JsonObject> WhenAsync(Sandbox sandbox, string kind, string name, Func<JsonObject, bool> holds) => States.WhenAsync(sandbox, kind, name, holds);

    private static string Reason(JsonObject o, string type) => o.ArrayAt("status", "conditions").Objects().First(c => c.TextAt("type") == type).TextAt("reason") ?? "";

    [Fact]
    public async Task A_sandbox_that_starts_with_broken_storage_has_its_demo_and_makes_no_more_volumes_until_it_is_repaired()
    {
        await using var sandbox = await StartAsync(new Fault { Kind = FaultKind.StorageBroken, Id = "down", Resource = "persistentvolumeclaims", StorageClass = "fast" });
        (await WhenAsync(sandbox, "PersistentVolumeClaim", "golden-pvc-data", _ => true)).TextAt("status", "phase").ShouldBe("Bound");
        Snapshot(sandbox, "s");
        await WhenAsync(sandbox, "VirtualMachineSnapshot", "s", s => s.FlagAt("status", "readyToUse") is true);

        Restore(sandbox, "s", "copy");
        var said = await States.WhenAnyAsync(sandbox, "Event", e => e.TextAt("reason") == "ProvisioningFailed");
        said.TextAt("message").ShouldBe(
            "failed to provision volume with StorageClass \"fast\": rpc error: code = Unavailable desc = connection error: the storage backend does not answer");
        Claim(sandbox, "other", storage: "slow");
        await WhenAsync(sandbox, "PersistentVolumeClaim", "other", c => c.TextAt("status", "phase") == "Bound");
        sandbox.Api.Get(sandbox.Api.Type("snapshot.kubevirt.io", "virtualmachinerestores"), "default", "restore-copy")!.FlagAt("status", "complete").ShouldBe(false);

        sandbox.Faults.Remove("down").ShouldBeTrue();
        await WhenAsync(sandbox, "VirtualMachineRestore", "restore-copy", r => r.FlagAt("status", "complete") is true);
    }

    [Theory]
    [InlineData("StorageBroken", "the storage backend does not answer")]
    [InlineData("StorageOutOfSnapshots", "the limit of snapshots is reached")]
    public async Task Snapshots_that_the_storage_refuses_say_so_and_come_when_it_takes_them_again(string kind, string why)
    {
        await using var sandbox = await StartAsync();
        using var client = Client(sandbox);
        (await SendAsync(client, HttpMethod.Post, "/sandbox/faults", $$"""{"kind":"{{kind}}","id":"full","resource":"volumesnapshots"}""")).ShouldBe(201);

        Snapshot(sandbox, "s");
        var failed = await WhenAsync(sandbox, "VirtualMachineSnapshot", "s", s => s.At("status", "error") is not null);
        failed.TextAt("status", "error", "message")!.ShouldContain(why);
        failed.FlagAt("status", "readyToUse").ShouldBe(false);

        (await SendAsync(client, HttpMethod.Delete, "/sandbox/faults/full", null)).ShouldBe(204);
        var ready = await WhenAsync(sandbox, "VirtualMachineSnapshot", "s", s => s.FlagAt("status", "readyToUse") is true);
        ready.TextAt("status", "phase").ShouldBe("Succeeded");
    }

    [Fact]
    public async Task Slow_storage_takes_its_time_and_no_more()
    {
        await using var sandbox = await StartAsync(new Fault { Kind = FaultKind.StorageSlow, Latency = TimeSpan.FromSeconds(100), Name = "late", Count = 1 });
        var began = sandbox.Api.Clock.GetTimestamp();
        Claim(sandbox, "late");
        Claim(sandbox, "quick");
        var quick = await WhenAsync(sandbox, "PersistentVolumeClaim", "quick", c => c.TextAt("status", "phase") == "Bound");
        var late = await WhenAsync(sandbox, "PersistentVolumeClaim", "late", c => c.TextAt("status", "phase") == "Bound");
        Revision(quick).ShouldBeLessThan(Revision(late));
        sandbox.Api.Clock.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(100 / 50.0));

        static long Revision(JsonObject o) => long.Parse(o.TextAt("metadata", "resourceVersion")!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task The_quota_fault_stands_in_the_conditions_of_a_restore_which_ends_well_when_it_is_spent()
    {
        await using var sandbox = await StartAsync();
        Snapshot(sandbox, "s");
        await WhenAsync(sandbox, "VirtualMachineSnapshot", "s", s => s.FlagAt("status", "readyToUse") is true);
        sandbox.Faults.Add(new Fault { Kind = FaultKind.StorageQuotaExceeded, Count = 2 });

        // Listened for first: it stands there for a moment only.
        var refusal = WhenAsync(sandbox, "VirtualMachineRestore", "restore-copy", r => r["status"] is not null && Reason(r, "Ready").Contains("exceeded quota", StringComparison.Ordinal));
        Restore(sandbox, "s", "copy");
        var refused = await refusal;
        Reason(refused, "Progressing").ShouldStartWith("persistentvolumeclaims \"restore-" + refused.Uid() + "-data\" is forbidden: exceeded quota: sandbox-fault, ");
        await WhenAsync(sandbox, "VirtualMachineRestore", "restore-copy", r => r.FlagAt("status", "complete") is true);
        sandbox.Faults.Rules.ShouldHaveSingleItem().Hits.ShouldBe(2);
    }

    [Fact]
    public async Task A_quota_refuses_with_a_servers_words_and_keeps_count()
    {
        await using var sandbox = await StartAsync();
        var quota = Make(sandbox, """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: q}
            spec: {hard: {count/virtualmachineclones.clone.kubevirt.io: "0", fast.storageclass.storage.k8s.io/requests.storage: 51Gi, persistentvolumeclaims: "9", requests.storage: 60Gi}}
            """);
        Used("requests.storage").ShouldBe("55Gi");
        Used("fast.storageclass.storage.k8s.io/requests.storage").ShouldBe("40Gi");
        var claims = int.Parse(Used("persistentvolumeclaims"), System.Globalization.CultureInfo.InvariantCulture);

        Claim(sandbox, "one", "5Gi");
        Used("requests.storage").ShouldBe("60Gi");
        Used("persistentvolumeclaims").ShouldBe((claims + 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var refused = Should.Throw<ApiException>(() => Claim(sandbox, "two", "7Gi"));
        refused.Code.ShouldBe(403);
        refused.Reason.ShouldBe("Forbidden");
        refused.Message.ShouldBe(
            "persistentvolumeclaims \"two\" is forbidden: exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=7Gi,requests.storage=7Gi, "
            + "used: fast.storageclass.storage.k8s.io/requests.storage=45Gi,requests.storage=60Gi, limited: fast.storageclass.storage.k8s.io/requests.storage=51Gi,requests.storage=60Gi");
        refused.Status["details"]!.ToJsonString().ShouldBe("""{"name":"two","kind":"persistentvolumeclaims"}""");

        var clone = Should.Throw<ApiException>(() => Make(sandbox, """
            apiVersion: clone.kubevirt.io/v1beta1
            kind: VirtualMachineClone
            metadata: {name: c}
            spec: {source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: golden}}
            """));
        clone.Message.ShouldBe(
            "virtualmachineclones.clone.kubevirt.io \"c\" is forbidden: exceeded quota: q, requested: count/virtualmachineclones.clone.kubevirt.io=1, "
            + "used: count/virtualmachineclones.clone.kubevirt.io=0, limited: count/virtualmachineclones.clone.kubevirt.io=0");

        sandbox.Api.Delete(sandbox.Api.Type("", "persistentvolumeclaims"), "default", "one", new DeleteRequest(), Admin);
        await WhenAsync(sandbox, "ResourceQuota", "q", q => q.TextAt("status", "used", "requests.storage") == "55Gi");

        string Used(string limit) => sandbox.Api.Get(sandbox.Api.Type("", "resourcequotas"), "default", quota.Name()).TextAt("status", "used", limit)!;
    }

    [Fact]
    public async Task A_restore_over_quota_says_so_and_goes_on_when_the_quota_grows()
    {
        await using var sandbox = await StartAsync();
        Snapshot(sandbox, "s");
        await WhenAsync(sandbox, "VirtualMachineSnapshot", "s", s => s.FlagAt("status", "readyToUse") is true);
        Make(sandbox, """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: q}
            spec: {hard: {requests.storage: 56Gi}}
            """);
        Restore(sandbox, "s", "copy");
        var refused = await WhenAsync(sandbox, "VirtualMachineRestore", "restore-copy", r => r["status"] is not null && Reason(r, "Ready").Contains("exceeded quota", StringComparison.Ordinal));
        Reason(refused, "Ready").ShouldBe(
            $"persistentvolumeclaims \"restore-{refused.Uid()}-data\" is forbidden: exceeded quota: q, requested: requests.storage=10Gi, used: requests.storage=55Gi, limited: requests.storage=56Gi");

        var quotas = sandbox.Api.Type("", "resourcequotas");
        sandbox.Api.Patch(quotas, "default", "q", PatchType.Merge, JsonNode.Parse("""{"spec":{"hard":{"requests.storage":"100Gi"}}}""")!, Admin);
        await WhenAsync(sandbox, "VirtualMachineRestore", "restore-copy", r => r.FlagAt("status", "complete") is true);
        await WhenAsync(sandbox, "ResourceQuota", "q", q => q.TextAt("status", "used", "requests.storage") == "65Gi" && q.TextAt("status", "hard", "requests.storage") == "100Gi");
    }

    private static HttpClient Client(Sandbox sandbox)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors;
        var client = new HttpClient(handler) { BaseAddress = sandbox.Server };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", sandbox.Users.First(u => u.Name == "admin").Token);
        return client;
    }

    private static async Task<int> SendAsync(HttpClient client, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
