using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Reads the <c>exec</c> of a <c>user</c> entry, as client-go does.</summary>
internal static class ExecEntryReader
{
    private const string ExtensionName = ExecCredential.Group + "/exec";

    public static CredentialPlugin Read(KubeConfigEntry exec, string? userName, KubeConfigEntry? cluster)
    {
        var command = exec.Text("command") ?? throw exec.Invalid("command", "must be specified: it is the credential plugin to run");
        var version = exec.Text("apiVersion") ?? throw exec.Invalid("apiVersion", $"must be specified: {string.Join(" or ", ExecCredential.Versions)}");
        var environment = exec.Entries("env")
            .Select(variable => KeyValuePair.Create(
                variable.Text("name") ?? throw exec.Invalid("env", "has a variable without name"), variable.Text("value") ?? ""))
            .ToList();
        return new CredentialPlugin
        {
            UserName = userName,
            ApiVersion = version,
            // A command with a slash is a path, from the folder of its own kubeconfig; one without is looked for on PATH.
            Command = IsPath(command) ? exec.FilePath("command")! : command,
            Arguments = exec.Texts("args"),
            Environment = environment,
            InteractiveMode = Mode(exec, version),
            InstallHint = exec.Text("installHint") is { } hint ? WithoutControls(hint.Trim()) : null,
            ClusterInfo = exec.Flag("provideClusterInfo") && cluster is not null ? ClusterInfo(cluster) : null,
        };
    }

    /// <summary>What makes the plugin unusable, where it would be used; null when nothing does.</summary>
    public static KubeConfigException? Problem(KubeConfigEntry exec, CredentialPlugin plugin) =>
        ExecCredential.Versions.Contains(plugin.ApiVersion, StringComparer.Ordinal)
            ? null
            : exec.Invalid(
                "apiVersion",
                $"is '{plugin.ApiVersion}', which is not supported: {string.Join(" and ", ExecCredential.Versions)} are",
                KubeConfigProblem.NotSupported);

    private static PluginInteractiveMode Mode(KubeConfigEntry exec, string version) => exec.Text("interactiveMode") switch
    {
        "Never" => PluginInteractiveMode.Never,
        "IfAvailable" => PluginInteractiveMode.IfAvailable,
        "Always" => PluginInteractiveMode.Always,
        null when version is ExecCredential.Group + "/v1beta1" or ExecCredential.Group + "/v1alpha1" => PluginInteractiveMode.IfAvailable,
        null => throw exec.Invalid("interactiveMode", "must be specified: Never, IfAvailable or Always"),
        _ => throw exec.Invalid("interactiveMode", "must be Never, IfAvailable or Always"),
    };

    private static string ClusterInfo(KubeConfigEntry cluster)
    {
        var info = new JsonObject { ["server"] = cluster.Text("server") };
        if (cluster.Text("tls-server-name") is { } name)
            info["tls-server-name"] = name;
        if (cluster.Flag("insecure-skip-tls-verify"))
            info["insecure-skip-tls-verify"] = true;
        if (UserEntryReader.Pem(cluster, "certificate-authority") is { } authority)
            info["certificate-authority-data"] = Convert.ToBase64String(authority);
        if (cluster.Text("proxy-url") is { } proxy)
            info["proxy-url"] = proxy;
        if (cluster.Flag("disable-compression"))
            info["disable-compression"] = true;
        info["config"] = cluster.Entries("extensions").FirstOrDefault(extension => extension.Text("name") == ExtensionName)?.Json("extension");
        return info.ToJsonString();
    }

    private static bool IsPath(string command) => command.Contains('/') || (OperatingSystem.IsWindows() && command.Contains('\\'));

    /// <summary>A hint goes to a terminal: nothing in it may steer that.</summary>
    private static string WithoutControls(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isControl = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
            if (isControl && rune.Value is not (>= 9 and <= 13))
                safe.Append(CultureInfo.InvariantCulture, $"U+{rune.Value:X4}");
            else
                safe.Append(rune.ToString());
        }

        return safe.ToString();
    }
}
