namespace KubeVirtClone.Engine.Planning;

/// <summary>Checks a request without asking a cluster, and puts it into the form that is sent.</summary>
public static class RequestRules
{
    /// <summary>Checks and completes a request.</summary>
    /// <param name="request">The request as given.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ordinal">Which one of the batch's requests without a target name for this source it is, from 0.</param>
    /// <returns>The completed request, or a fault; warnings in either case.</returns>
    public static CheckedRequest Check(CloneRequest request, string batch, int ordinal) => throw new NotSupportedException();
}

/// <summary>A request after <see cref="RequestRules.Check"/>.</summary>
/// <param name="Request">The request in the form that is sent; as given when there is a fault.</param>
/// <param name="Fault">Why it cannot be sent; null when it can.</param>
/// <param name="Warnings">What it will do that may not be meant.</param>
public sealed record CheckedRequest(CloneRequest Request, Fault? Fault, IReadOnlyList<string> Warnings);
