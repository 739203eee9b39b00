using System.Text;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>Kubeconfigs as text.</summary>
internal static class KubeConfigText
{
    public static string Config(string text) => "apiVersion: v1\nkind: Config\n" + text;

    /// <summary>As the fields whose names end with -data hold it.</summary>
    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file with one context, <c>x</c>, and gives its path.</summary>
    /// <param name="user">What stands in the entry of the user.</param>
    /// <param name="cluster">What stands in the entry of the cluster.</param>
    public static string Minimal(this TempFolder folder, string user, string cluster = "server: \"https://c.example\"") => folder.Write("minimal-" + Guid.NewGuid(), Config($$"""
        current-context: x
        clusters:
        - name: c
          cluster: { {{cluster.ReplaceLineEndings(" ")}} }
        users:
        - name: u
          user: { {{user}} }
        contexts:
        - name: x
          context: {cluster: c, user: u}
        """));
}
