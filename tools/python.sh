# Runs a Python file with the first Python that is new enough: nothing is installed yet.
for candidate in ${PYTHON:-} python3.11 python3 python python3.12 python3.13; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" "$@"
    fi
done
echo "Python 3.11 or newer is needed and was not found. If it is elsewhere: make PYTHON=/path/to/python3.11 ..." >&2
exit 1
