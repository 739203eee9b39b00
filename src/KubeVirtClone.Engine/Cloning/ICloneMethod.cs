using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>How a planned clone is made: the one thing that differs between the ways of cloning.</summary>
internal interface ICloneMethod
{
    /// <summary>Which way it is.</summary>
    CloneMethod Method { get; }

    /// <summary>Makes one clone, or finds that it is made already. Problems of this one item come back as values.</summary>
    /// <exception cref="EngineException">Nothing further can work.</exception>
    Task<CreateOutcome> CreateAsync(PlannedClone clone, CancellationToken ct);
}

/// <summary>What came of making one clone.</summary>
/// <param name="Record">The clone, as the server answered or as it was found.</param>
/// <param name="Fault">Why there is none.</param>
/// <param name="TakenOver">True when an earlier run had made it.</param>
internal readonly record struct CreateOutcome(CloneRecord? Record, Fault? Fault, bool TakenOver = false)
{
    /// <summary>When the request that made it was sent, by the connection's clock; null where no request of this call made it.</summary>
    public DateTimeOffset? Sent { get; init; }
}
