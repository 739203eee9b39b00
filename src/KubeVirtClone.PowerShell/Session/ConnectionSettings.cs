using System.Text.Json.Serialization;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Session;

/// <summary>Which cluster, as whom: what tells one connection from another.</summary>
internal sealed record ConnectionSettings
{
    /// <summary>The one kubeconfig to read, as a full path; null for kubectl's rules.</summary>
    public string? KubeConfig { get; init; }

    /// <summary>Context; null for the current one.</summary>
    public string? Context { get; init; }

    /// <summary>User to act as.</summary>
    public string? ImpersonateUser { get; init; }

    /// <summary>Groups to act as, one a line (a record compares lists by reference).</summary>
    public string ImpersonateGroups { get; init; } = "";

    /// <summary>UID to act as.</summary>
    public string? ImpersonateUid { get; init; }

    /// <summary>
    /// Changes when the kubeconfig that would be read does, so that an edited file, a new <c>kubectl config use-context</c> or
    /// another KUBECONFIG is seen without reconnecting.
    /// </summary>
    [JsonIgnore]
    public string Fingerprint => string.Join(
        '|',
        KubeConfigFiles().Select(f => new FileInfo(f)).Select(f => f.Exists ? $"{f.FullName},{f.Length},{f.LastWriteTimeUtc.Ticks}" : f.FullName));

    public KubeConfigOptions ToOptions() => new()
    {
        Path = KubeConfig,
        Context = Context,
        ImpersonateUser = ImpersonateUser,
        ImpersonateGroups = ImpersonateGroups.Split('\n', StringSplitOptions.RemoveEmptyEntries),
        ImpersonateUid = ImpersonateUid,
    };

    private string[] KubeConfigFiles()
    {
        if (KubeConfig is not null) return [KubeConfig];
        if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } list)
        {
            return list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        }

        return [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
    }
}
