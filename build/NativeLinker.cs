namespace KubeVirtClone.Build;

/// <summary>What puts a program of machine code together.</summary>
internal static class NativeLinker
{
    /// <summary>Whether clang or gcc makes a program here, which it does not without the C library's own files for that.</summary>
    /// <param name="folder">Where to try.</param>
    public static bool IsHere(string folder)
    {
        Directory.CreateDirectory(folder);
        var (source, program) = (Path.Combine(folder, "link.c"), Path.Combine(folder, "link"));
        try
        {
            File.WriteAllText(source, "int main(void) { return 0; }\n");
            // The first of them that is there is the one that will be used.
            return ((string[])["clang", "gcc"]).Select(each => Step.Capture(folder, each, source, "-o", program, "-lm", "-lpthread", "-ldl")).FirstOrDefault(tried => tried is not null) is { ExitCode: 0 };
        }
        finally
        {
            File.Delete(source);
            File.Delete(program);
        }
    }
}
