using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>A credential plugin that keeps a record of its runs and gives the n-th answer at its n-th run, the last one from then on.</summary>
internal sealed class TestPlugin
{
    private readonly string _base;

    /// <param name="folder">Where it is put.</param>
    /// <param name="before">Shell commands that come before the answer.</param>
    /// <param name="answers">What it prints.</param>
    public TestPlugin(TempFolder folder, string before, params string[] answers)
    {
        _base = folder.At("plugin-" + Guid.NewGuid().ToString("N"));
        for (var i = 0; i < answers.Length; i++)
            File.WriteAllText($"{_base}.{(i == answers.Length - 1 ? "last" : i + 1)}", answers[i]);
        File.WriteAllText(_base, $"""
            #!/bin/sh
            b='{_base}'
            echo $$ >> $b.runs
            printf '%s' "$KUBERNETES_EXEC_INFO" > $b.info
            printf '%s\0' "$@" > $b.args
            env > $b.env
            {before}
            n=$(($(wc -l < $b.runs)))
            [ -f $b.$n ] || n=last
            [ -f $b.$n ] && cat $b.$n
            exit 0
            """.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_base, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path => _base;

    /// <summary>The process ids of its runs.</summary>
    public IReadOnlyList<int> Runs => File.Exists(_base + ".runs") ? [.. File.ReadAllLines(_base + ".runs").Select(int.Parse)] : [];

    public string[] Arguments => File.ReadAllText(_base + ".args").Split('\0')[..^1];

    public JsonNode Info => JsonNode.Parse(File.ReadAllText(_base + ".info"))!;

    public string[] Environment => File.ReadAllLines(_base + ".env");

    public CredentialPlugin Settings(PluginInteractiveMode mode = PluginInteractiveMode.Never) => new()
    {
        UserName = "u",
        ApiVersion = "client.authentication.k8s.io/v1",
        Command = _base,
        InteractiveMode = mode,
    };

    public static string Token(string token, string? expires = null) => Answer(new JsonObject { ["token"] = token, ["expirationTimestamp"] = expires });

    public static string Certificate((string Certificate, string Key) pair) =>
        Answer(new JsonObject { ["clientCertificateData"] = pair.Certificate, ["clientKeyData"] = pair.Key });

    private static string Answer(JsonObject status) =>
        new JsonObject { ["apiVersion"] = "client.authentication.k8s.io/v1", ["kind"] = "ExecCredential", ["status"] = status }.ToJsonString();
}
