/** Starts the page. */
import { startApp } from './app.js';

void startApp();
