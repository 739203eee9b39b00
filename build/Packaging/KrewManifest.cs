using System.Text;

namespace KubeVirtClone.Build.Packaging;

/// <summary>What <c>kubectl krew install --manifest=vmclone.yaml</c> reads.</summary>
internal static class KrewManifest
{
    public static string Write(Repository repository, string folder, IReadOnlyList<CliArchive> archives)
    {
        var text = new StringBuilder();
        text.Append($"""
            apiVersion: krew.googlecontainertools.github.com/v1alpha2
            kind: Plugin
            metadata:
              name: vmclone
            spec:
              version: v{repository.Version}
              homepage: {Repository.Home}
              shortDescription: Clone KubeVirt virtual machines in bulk
              description: |
                Clones KubeVirt virtual machines, one or thousands, waits for them over one
                watch, and explains what went wrong. Also keeps golden images, and brings a
                local sandbox that behaves as KubeVirt does.
              platforms:

            """);
        foreach (var archive in archives)
        {
            var (os, arch) = Selector(archive.Platform);
            text.Append($$"""
                  - selector:
                      matchLabels:
                        os: {{os}}
                        arch: {{arch}}
                    uri: {{Repository.Home}}/releases/download/v{{repository.Version}}/{{Path.GetFileName(archive.Path)}}
                    sha256: {{Checksums.Of(archive.Path)}}
                    files:
                      - from: "*"
                        to: "."
                    bin: {{archive.Program}}

                """);
        }

        var path = Path.Combine(folder, "vmclone.yaml");
        File.WriteAllText(path, text.ToString().ReplaceLineEndings("\n"));
        return path;
    }

    /// <summary>A platform in krew's words, which are Go's.</summary>
    private static (string Os, string Arch) Selector(string platform) => platform.Split('-') is [var os, var arch]
        ? (os switch { "osx" => "darwin", "win" => "windows", _ => os }, arch == "x64" ? "amd64" : arch)
        : throw new BuildFailedException($"'{platform}' is no platform.");
}
