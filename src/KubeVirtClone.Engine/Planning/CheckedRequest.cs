using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Planning;

/// <summary>A request after <see cref="RequestRules.Check"/>.</summary>
/// <param name="Request">The request in the form that is sent; as given when there is a fault.</param>
/// <param name="Fault">Why it cannot be sent; null when it can.</param>
/// <param name="Warnings">What it will do that may not be meant.</param>
public sealed record CheckedRequest(CloneRequest Request, Fault? Fault, IReadOnlyList<string> Warnings)
{
    /// <summary>The request's patches as operations, in the order they are applied.</summary>
    internal IReadOnlyList<PatchOperation> Patches { get; init; } = [];

    /// <summary>What it has in common with all requests that are asked for alike; null where nothing was worked out.</summary>
    internal CompiledWishes? Compiled { get; init; }
}
