using System.Runtime.ExceptionServices;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>What came of following one clone.</summary>
/// <param name="Record">The clone as last seen; null when it never was.</param>
/// <param name="Fault">Why the state was not reached; null when it was.</param>
/// <param name="Reservation">What the caller must know although the clone is returned.</param>
internal readonly record struct FollowOutcome(CloneRecord? Record, Fault? Fault, Advice? Reservation = null);

/// <summary>One clone that is waited for. Used under its namespace's lock.</summary>
internal sealed class TrackedClone(CloneReference reference, DateTimeOffset started, TimeSpan? timeout)
{
    private string? _trouble;

    public CloneReference Reference { get; } = reference;

    public DateTimeOffset Started { get; } = started;

    /// <summary>Longest wait.</summary>
    public TimeSpan? Timeout { get; } = timeout;

    /// <summary>Whether that has passed.</summary>
    public bool IsLate { get; set; }

    /// <summary>What was found to come of it outside of the judge; null while that is nothing.</summary>
    public FollowOutcome? Outcome { get; set; }

    /// <summary>What went wrong in work for it.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }

    /// <summary>What the watch last showed of its name.</summary>
    public KubernetesObject? Shown { get; set; }

    /// <summary>The clone as last seen; null until it was.</summary>
    public CloneRecord? Record { get; private set; }

    /// <summary>True once the watch has shown it.</summary>
    public bool SeenByWatch { get; set; }

    /// <summary>True when the clone object is gone.</summary>
    public bool Gone { get; set; }

    /// <summary>True once all its claims are known to be made; of a clone made directly only, which does not tell by itself.</summary>
    public bool ClaimsMade { get; set; }

    /// <summary>The most of its claims that were seen at a time.</summary>
    public int ClaimsSeen { get; set; }

    /// <summary>True once its target machine was seen.</summary>
    public bool MachineSeen { get; set; }

    /// <summary>True while what the watch has shown of it was thrown away, because nobody followed it then: it has to be read.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>True while somebody reads the clone by itself because the watch has not shown it.</summary>
    public bool BeingRead { get; set; }

    /// <summary>Since when it is in its phase, by our clock.</summary>
    public DateTimeOffset PhaseSince { get; private set; } = started;

    /// <summary>Since when the same error stands, by our clock.</summary>
    public DateTimeOffset TroubleSince { get; private set; } = started;

    /// <summary>When KubeVirt was last made to look at it again.</summary>
    public DateTimeOffset PokedAt { get; set; } = started;

    /// <summary>The cause for which it can never finish, if it looked so when it was last looked into.</summary>
    public string? Suspected { get; set; }

    /// <summary>True while its claims are being given more, and from then on.</summary>
    public bool GrowthBegun { get; set; }

    /// <summary>True while what is noted on it of its disks is being taken away, and from then on.</summary>
    public bool GrowthEnded { get; set; }

    /// <summary>True once its disks have grown, as far as that is waited for.</summary>
    public bool HasGrown { get; set; }

    /// <summary>What each of its claims was given, in bytes; null before.</summary>
    public IReadOnlyDictionary<string, decimal>? Grown { get; set; }

    /// <summary>True while its pending claims are being read by themselves.</summary>
    public bool ClaimsBeingRead { get; set; }

    /// <summary>Names of its claims that were pending still when they were read by themselves.</summary>
    public HashSet<string> SeenPending { get; } = new(StringComparer.Ordinal);

    /// <summary>What was warned of already.</summary>
    public HashSet<string> Warned { get; } = new(StringComparer.Ordinal);

    public void Update(CloneRecord record, DateTimeOffset now)
    {
        if (Record?.Phase != record.Phase)
        {
            PhaseSince = now;
            Suspected = null;
        }

        Record = record;
    }

    /// <summary>Notes the error that stands now, and says how long it has stood.</summary>
    public TimeSpan Troubled(string? trouble, DateTimeOffset now)
    {
        if (_trouble != trouble)
        {
            _trouble = trouble;
            TroubleSince = now;
        }

        return trouble is null ? TimeSpan.Zero : now - TroubleSince;
    }
}
