namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>One thing that comes of writing a batch down instead of making it: an object, a warning, or why there is no object.</summary>
public sealed record ManifestItem
{
    /// <summary>The request it is about, as it was given; null for what several have in common.</summary>
    public CloneRequest? Request { get; init; }

    /// <summary>The object that would be posted: a VirtualMachineClone, a VirtualMachineRestore, or the VirtualMachineSnapshot that restores are made of.</summary>
    public JsonObject? Manifest { get; init; }

    /// <summary>What it will do that may not be meant, or what to mind when it is applied.</summary>
    public Advice? Warning { get; init; }

    /// <summary>Why there is no object.</summary>
    public Fault? Fault { get; init; }
}
