using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>A program that logs a user in and prints the credentials (<c>exec</c> in a kubeconfig). Never printed: <see cref="ToString"/> names the command only.</summary>
public sealed class CredentialPlugin
{
    /// <summary>User entry it belongs to; null when it came from none.</summary>
    public string? UserName { get; init; }

    /// <summary>API version spoken with it, such as <c>client.authentication.k8s.io/v1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>What is run: a full path, or a name to look for on PATH.</summary>
    public required string Command { get; init; }

    /// <summary>Its arguments, each as it is.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables added to this process's own environment, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Whether it may, or must, talk to the user through standard input.</summary>
    public PluginInteractiveMode InteractiveMode { get; init; }

    /// <summary>How to install it, in its maker's words; null for none.</summary>
    public string? InstallHint { get; init; }

    /// <summary>The cluster it is told about, as JSON; null when it is told of none.</summary>
    public string? ClusterInfo { get; init; }

    /// <summary>The command; never arguments or environment.</summary>
    public override string ToString() => Command;

    /// <summary>Tells one plugin from another: the same text for the same settings. Holds none of them.</summary>
    internal string Key()
    {
        var all = new JsonArray(ApiVersion, Command, InteractiveMode.ToString(), ClusterInfo, InstallHint, UserName);
        foreach (var argument in Arguments)
            all.Add((JsonNode)argument);
        foreach (var (name, value) in Environment)
            all.Add((JsonNode)new JsonArray(name, value));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToJsonString())));
    }
}

/// <summary>What a plugin does with standard input.</summary>
public enum PluginInteractiveMode
{
    /// <summary>It gets none.</summary>
    Never,

    /// <summary>It gets the terminal where there is one.</summary>
    IfAvailable,

    /// <summary>It cannot do without a terminal.</summary>
    Always,
}

/// <summary>What a plugin may do at the moment it is needed.</summary>
public enum PluginInteraction
{
    /// <summary>Standard input is a terminal, and the user waits in front of it.</summary>
    Terminal,

    /// <summary>Nobody can be asked through standard input.</summary>
    NoTerminal,

    /// <summary>Nobody expects to be asked: a plugin that might ask is not run at all.</summary>
    Forbidden,
}
