using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes;

/// <summary>How a client behaves and whom it tells.</summary>
/// <remarks>The callbacks may be called from any thread, also at the same time; they must not block.</remarks>
public sealed class KubernetesClientOptions
{
    /// <summary>Gets the texts of the server's <c>Warning</c> headers, each text once per client.</summary>
    public Action<string>? Warning { get; init; }

    /// <summary>Gets one record per HTTP exchange; never a secret in it.</summary>
    public Action<RequestTrace>? Trace { get; init; }

    /// <summary>Gets what a patient user may want to know, such as "connection lost, trying again in 4 s".</summary>
    public Action<string>? Information { get; init; }

    /// <summary>Gets what credential plugins write to standard error, line by line; null lets them write to this process's own.</summary>
    public Action<string>? PluginOutput { get; init; }

    /// <summary>What a credential plugin may do; asked whenever one is about to run, on behalf of the request that needs it.</summary>
    public Func<PluginInteraction> PluginInteraction { get; init; } =
        static () => Console.IsInputRedirected ? Authentication.PluginInteraction.NoTerminal : Authentication.PluginInteraction.Terminal;

    /// <summary>Where credentials that had to be fetched are kept.</summary>
    public CredentialCache Credentials { get; init; } = CredentialCache.Shared;

    /// <summary>Clock for waits and deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary><c>User-Agent</c> header; null is the product name and version.</summary>
    public string? UserAgent { get; init; }

    /// <summary>How often and how patiently requests are tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Longest time one attempt of a request may take, and longest silence inside a list; watches are exempt. Over 0.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time to connect, name look-up and TLS included. Over 0.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Shortest time the server is asked to keep a watch open; each watch takes a random time up to twice as long. At least 1 s.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>How a request that is safe to repeat is repeated.</summary>
public sealed record RetryPolicy
{
    /// <summary>Attempts in all, at least 1.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>First wait; each next wait doubles. The real wait is a random share of half to all of it.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest wait between two attempts.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A <c>Retry-After</c> up to this is obeyed; a longer one ends the attempts.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>One HTTP exchange, for tracing.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="PathAndQuery">What was asked for, without server, headers and body.</param>
/// <param name="StatusCode">HTTP status; null when no answer came.</param>
/// <param name="Elapsed">Until the answer's headers came, or until it failed.</param>
/// <param name="AuditId">The server's audit id; null when not given.</param>
/// <param name="Attempt">1 for the first attempt of a request.</param>
/// <param name="Failure">Why no answer came; null when one did.</param>
public sealed record RequestTrace(
    string Method, string PathAndQuery, int? StatusCode, TimeSpan Elapsed, string? AuditId, int Attempt, string? Failure);
