using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>Waits for what a sandbox comes to.</summary>
internal static class States
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<JsonObject> WhenAsync(Sandbox sandbox, string kind, string name, Func<JsonObject, bool> holds) =>
        WhenAnyAsync(sandbox, kind, o => o.Name() == name && holds(o));

    public static async Task<JsonObject> WhenAnyAsync(Sandbox sandbox, string kind, Func<JsonObject, bool> holds)
    {
        var reached = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        var type = sandbox.Api.Types.First(t => t.Kind == kind);
        using var subscription = sandbox.Api.Subscribe(e =>
        {
            if (e.Resource == type && e.Type != StoreEventType.Deleted && holds(e.Object))
                reached.TrySetResult(e.Object);
        });
        if (sandbox.Api.List(type, type.Namespaced ? "default" : null).FirstOrDefault(holds) is { } now)
            reached.TrySetResult(now);
        return await reached.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }
}
