namespace KubeVirtClone;

/// <summary>Why a clone stands where it stands. Piped into another cmdlet it stands for the clone.</summary>
public sealed class VMCloneDiagnosis : KubeVirtObject
{
    internal VMCloneDiagnosis(CloneDiagnosis diagnosis)
    {
        Name = diagnosis.Reference.Name;
        Namespace = diagnosis.Reference.Namespace;
        TargetName = diagnosis.TargetName;
        SourceName = diagnosis.Record?.SourceName ?? "";
        Phase = Enum.TryParse<VMClonePhase>(diagnosis.Record?.Phase.ToString(), out var phase) ? phase : VMClonePhase.Unknown;
        Method = diagnosis.Method.ToString();
        Health = Enum.Parse<VMCloneHealth>(diagnosis.Health.ToString());
        Code = diagnosis.Code;
        Cause = diagnosis.Cause;
        Evidence = [.. diagnosis.Evidence.Select(e => new VMCloneEvidence(e))];
        Since = diagnosis.Since;
        CanStillFinish = diagnosis.CanEndByItself;
        NextStep = diagnosis.NextStep.ToString();
        NotRead = [.. diagnosis.NotRead];
        Repair = [.. diagnosis.Repair.Actions.Select(Describe)];
        Reference = diagnosis.Record?.Reference ?? diagnosis.Reference;
    }

    /// <summary>Name of the clone object.</summary>
    public string Name { get; }

    /// <summary>Namespace of clone, source and target.</summary>
    public string Namespace { get; }

    /// <summary>Name of the machine to be made.</summary>
    public string TargetName { get; }

    /// <summary>Name of the source; empty when the clone is gone.</summary>
    public string SourceName { get; }

    /// <summary>The clone's phase as KubeVirt gives it.</summary>
    public VMClonePhase Phase { get; }

    /// <summary>How the clone is made: Clone or Restore.</summary>
    public string Method { get; }

    /// <summary>How it really stands.</summary>
    public VMCloneHealth Health { get; }

    /// <summary>Stable identifier of the cause.</summary>
    public string Code { get; }

    /// <summary>The cause in a sentence or two.</summary>
    public string Cause { get; }

    /// <summary>What it was concluded from, the decisive piece first.</summary>
    public VMCloneEvidence[] Evidence { get; }

    /// <summary>Since when the cause stands, as far as objects and events tell.</summary>
    public DateTimeOffset? Since { get; }

    /// <summary><see cref="Since"/> as the views show it, by its age.</summary>
    [Hidden]
    public string SinceText => Durations.Age(DateTimeOffset.UtcNow - Since);

    /// <summary>True when the clone can still finish without anybody doing anything.</summary>
    public bool CanStillFinish { get; }

    /// <summary>What to do next; empty when nothing needs doing.</summary>
    public string NextStep { get; }

    /// <summary>What Debug-VMClone -Repair would do, in order; empty when there is nothing that is safe.</summary>
    public string[] Repair { get; }

    /// <summary>What Debug-VMClone -Repair has done.</summary>
    public string[] Repaired { get; internal set; } = [];

    /// <summary>Kinds that could not be read, so that the diagnosis may be incomplete.</summary>
    public string[] NotRead { get; }

    /// <summary>True when something could not be read.</summary>
    [Hidden]
    public bool Partial => NotRead.Length > 0;

    internal CloneReference Reference { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}: {Code}: {Cause}";

    internal static string Describe(RepairAction action) => $"{action.Operation}: {action.Target}. {action.Reason}";
}
