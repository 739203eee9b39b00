using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>One cluster, seen by one user: everything needed to connect.</summary>
public sealed class ClusterConfiguration
{
    /// <summary>The API server's URL; may have a path that goes before every request's.</summary>
    public required Uri Server { get; init; }

    /// <summary>Context it came from; null when it came from none.</summary>
    public string? ContextName { get; init; }

    /// <summary>Cluster entry it came from; null when it came from none.</summary>
    public string? ClusterName { get; init; }

    /// <summary>User entry it came from; null when it came from none.</summary>
    public string? UserName { get; init; }

    /// <summary>The namespace to use when nobody says otherwise.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Whether it is the cluster this process runs in.</summary>
    public bool IsInCluster { get; init; }

    /// <summary>How the server proves who it is.</summary>
    public ServerTrust Trust { get; init; } = new();

    /// <summary>Proxy to go through (http, https, socks5), perhaps with user and password in it; null for what the environment says.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Whether answers are not to be compressed, which saves time in a fast network.</summary>
    public bool DisablesCompression { get; init; }

    /// <summary>How the client proves who it is.</summary>
    public ClusterCredentials Credentials { get; init; } = new();

    /// <summary>Context and server; never credentials.</summary>
    public override string ToString() => ContextName is null ? Server.ToString() : $"{ContextName} ({Server})";
}

/// <summary>How the server proves who it is.</summary>
public sealed class ServerTrust
{
    /// <summary>Certificates that are trusted as issuers; null for the machine's own.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>Take any certificate.</summary>
    public bool SkipVerification { get; init; }

    /// <summary>Name to ask for and to check, instead of the host in the URL; null for that host.</summary>
    public string? ServerName { get; init; }
}
