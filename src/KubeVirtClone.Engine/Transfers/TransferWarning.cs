using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>What is told of a transfer that goes on all the same.</summary>
/// <param name="Code">What a preflight tells it as: one of <see cref="FindingCodes"/>.</param>
/// <param name="What">What is so.</param>
/// <param name="Action">What to do about it.</param>
internal sealed record TransferWarning(string Code, Advice What, Advice Action)
{
    /// <summary>All of it, as one text.</summary>
    public Advice Text => Action.IsEmpty ? What : $"{What} {Action}";

    /// <summary>A word of a wait or a removal, which no preflight comes to.</summary>
    public static TransferWarning OfWait(Advice text) => new(FindingCodes.SnapshotNotReady, text, Advice.None);
}
