using System.Reflection;
using System.Runtime.Loader;

namespace KubeVirtClone.Hosting;

/// <summary>
/// Finds the engine, the API client and what they need in the module's <c>Dependencies</c> folder and loads them into a
/// load context of their own, so that another module's copy of the same library can neither be disturbed nor disturb.
/// The default context is answered only for the project's own two assemblies, by full name: third-party names are
/// resolved inside the private context and are never offered to anyone else.
/// </summary>
internal static class DependencyResolver
{
    private static readonly string[] OwnAssemblies = ["KubeVirtClone.Engine", "KubeVirtClone.Kubernetes"];
    private static readonly object Gate = new();
    private static PrivateContext? _context;
    private static int _users;

    /// <summary>Starts answering; once per importing runspace.</summary>
    public static void Acquire()
    {
        lock (Gate)
        {
            if (_users++ > 0) return;
            var folder = Path.Combine(Path.GetDirectoryName(typeof(DependencyResolver).Assembly.Location) ?? ".", "Dependencies");
            // Types already loaded stay what they are when the module is imported again: the context is made once a process.
            _context ??= new PrivateContext(folder);
            AssemblyLoadContext.Default.Resolving += Resolve;
        }
    }

    /// <summary>Stops answering when the last runspace has removed the module.</summary>
    public static void Release()
    {
        lock (Gate)
        {
            if (_users == 0 || --_users > 0) return;
            AssemblyLoadContext.Default.Resolving -= Resolve;
        }
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        OwnAssemblies.Contains(name.Name, StringComparer.Ordinal) ? _context?.LoadOwn(name) : null;

    private sealed class PrivateContext(string folder) : AssemblyLoadContext("KubeVirtClone", isCollectible: false)
    {
        public Assembly? LoadOwn(AssemblyName name) => Load(name);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (assemblyName.Name is not { Length: > 0 } simpleName) return null;
            var path = Path.Combine(folder, simpleName + ".dll");
            if (!File.Exists(path)) return null;
            // A newer major version asked for by somebody else than us is not in this folder: let the search go on.
            var found = AssemblyName.GetAssemblyName(path);
            return found.Version >= assemblyName.Version ? LoadFromAssemblyPath(path) : null;
        }
    }
}
