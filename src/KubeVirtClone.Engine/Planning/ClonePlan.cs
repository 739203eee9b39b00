using KubeVirtClone.Engine.Knowledge.Manifests;

namespace KubeVirtClone.Engine.Planning;

/// <summary>One clone that is ready to be made.</summary>
/// <param name="Checked">The request, checked and completed.</param>
/// <param name="Original">The request as the user gave it.</param>
/// <param name="Existing">The object an earlier run of the same batch made for the same request; it is taken over instead of made again.
/// A machine stands here for a restore that was done and deleted.</param>
internal sealed record PlannedClone(CheckedRequest Checked, CloneRequest Original, KubernetesObject? Existing)
{
    private JsonObject? _body;

    /// <summary>The request, checked and completed.</summary>
    public CloneRequest Request => Checked.Request;

    /// <summary>The request with its source resolved, nothing else changed; what is compiled when the source is known better.</summary>
    public CloneRequest Asked { get; init; } = Original;

    /// <summary>Hash of what is asked for.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>API version of VirtualMachineClones.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The object to post: a VirtualMachineClone, written when it is first looked at, unless its method has written another.</summary>
    public JsonObject Body
    {
        get
        {
            if (_body is null)
            {
                _body = CloneManifest.Build(Request, ApiVersion);
                RequestFingerprint.Mark(_body, Fingerprint, Request);
                RequestFingerprint.MarkGrowth(_body, Request);
            }

            return _body;
        }
        init => _body = value;
    }

    /// <summary>How it is made.</summary>
    public CloneMethod Method { get; init; }

    /// <summary>Why its disks can be had by method Direct only; null where another gives them too.</summary>
    public string? OnlyDirect { get; init; }

    /// <summary>Whether what a volume template of its source is made of is gone.</summary>
    public bool LacksTemplateSource { get; init; }

    /// <summary>Whether a disk of it comes out smaller than asked where it is made like the source's, and has to grow then.</summary>
    public bool Grows { get; init; }

    /// <summary>The machine it is made of, as planning saw it; null when it could not be read.</summary>
    public JsonObject? Source { get; init; }

    /// <summary>The claims that are posted after it, where it is a machine made directly; each is to name that as its owner.</summary>
    public IReadOnlyList<JsonObject> Claims { get; init; } = [];

    /// <summary>Copies of instance type revisions that a machine made directly refers to; posted before it, then owned by it.</summary>
    public IReadOnlyList<JsonObject> Revisions { get; init; } = [];

    /// <summary>The same of another form of the request, with nothing written for it yet.</summary>
    public PlannedClone Of(CheckedRequest request) => this with { Checked = request, _body = null };

    /// <summary>Name of the object that stands for it.</summary>
    public string ObjectName => Method.StandsAsMachine() ? Request.TargetName! : Request.CloneName!;

    public string DisplayName => $"{Request.Namespace}/{Request.TargetName}";
}

/// <summary>What a batch comes to.</summary>
/// <param name="Clones">What is to be made.</param>
/// <param name="Updates">Faults, warnings and skipped items known before anything is made.</param>
internal sealed record ClonePlan(IReadOnlyList<PlannedClone> Clones, IReadOnlyList<ItemUpdate<CloneRecord>> Updates)
{
    /// <summary>Turns requests into what is sent.</summary>
    public required CloneCompiler Compiler { get; init; }
}
